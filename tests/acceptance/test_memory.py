"""Ingesting 2,000 reports stays under 1.5 GB, summed over ingest and its workers."""

from __future__ import annotations

import json
import subprocess
import threading
import time

import psutil
import pytest

pytestmark = pytest.mark.slow

STUDIES = 2000
LIMIT_MB = 1500
SAMPLE_S = 0.2
_SERVERS = ("prefect.server", "prefect server")


def _is_server(process: psutil.Process) -> bool:
    line = " ".join(process.cmdline())
    return any(name in line for name in _SERVERS)


def _with_workers(process: psutil.Process) -> list[psutil.Process]:
    """The process and all it started, servers and what they started left out."""
    found = [process]
    for child in process.children():
        if not _is_server(child):
            found += _with_workers(child)
    return found


def _pss_mb(root: psutil.Process) -> float:
    """Proportional set size of the tree in MB (10**6 bytes): a page that n processes share counts 1/n in each."""
    total = 0
    try:
        for process in _with_workers(root):
            try:
                total += process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue  # a worker that has just ended holds nothing
    except psutil.NoSuchProcess:
        return 0.0
    return total / 1e6


class Watch:
    """Samples the memory of a process tree until it is stopped."""

    def __init__(self, pid: int) -> None:
        self.samples: list[float] = []
        self.most_processes = 0
        self._root = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.samples.append(_pss_mb(self._root))
            try:
                self.most_processes = max(self.most_processes, len(_with_workers(self._root)))
            except psutil.NoSuchProcess:
                return
            self._stop.wait(SAMPLE_S)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def test_a_process_tree_is_summed_without_its_server():
    """The instrument itself: 60 MB in a child count, 60 MB in what calls itself a server do not."""
    hold = "import sys, time; block = bytearray(b'x' * 60_000_000); print('there', flush=True); time.sleep(60)"
    parent = (
        "import subprocess, sys, time\n"
        f"hold = {hold!r}\n"
        "run = lambda *name: subprocess.Popen([sys.executable, '-c', hold, *name], stdout=subprocess.PIPE)\n"
        "children = [run(), run('prefect.server')]\n"
        "[child.stdout.readline() for child in children]\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
        "[child.kill() for child in children]\n"
    )
    import sys

    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        measured = _pss_mb(psutil.Process(process.pid))
        process.communicate()
    assert 60 < measured < 110


@pytest.mark.timeout(1500)
def test_two_thousand_reports_are_ingested_in_bounded_memory(make_home):
    home = make_home("memory")
    inbox = home.path.parent / "inbox"
    home.ecg("synth", "--out", str(inbox), "--studies", str(STUDIES), "--seed", "5")
    tables = len(list((inbox / "cmr").iterdir()))

    started = time.monotonic()
    with (
        (home.path / "ingest.log").open("w") as log,
        subprocess.Popen(
            home.command("ingest", str(inbox), "--json"),
            env=home.environment,
            cwd=home.path,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        watch = Watch(process.pid)
        output, _ = process.communicate()
        watch.stop()
    seconds = time.monotonic() - started
    assert process.returncode == 0, (home.path / "ingest.log").read_text()[-4000:]

    peak = max(watch.samples)
    print(
        f"\ningest of {STUDIES} reports: peak {peak:.0f} MB over {watch.most_processes} processes, "
        f"{len(watch.samples)} samples, {seconds:.0f} s"
    )
    found = json.loads(output)
    states = ("accepted", "waiting", "unpaired", "quarantined", "duplicates", "excluded")
    assert found["files"] == STUDIES + tables == sum(found[state] for state in states)
    assert found["quarantined"] == found["waiting"] == found["unpaired"] == found["duplicates"] == 0
    assert found["studies"]["total"] == found["rows"]["accepted"]
    assert found["rows"]["total"] == STUDIES
    assert watch.most_processes > 2  # the workers were seen
    assert peak < LIMIT_MB

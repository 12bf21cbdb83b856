"""Runs the command line as a user does: a process of its own, a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from ecgcore.data.snapshot import Snapshot

STUDIES, SEED = 2000, 1  # of the demo
_LIMIT_S = 1500
_SAMPLE_S = 0.5
_SERVERS = ("prefect.server", "prefect server")


def is_server(process: psutil.Process) -> bool:
    line = " ".join(process.cmdline())
    return any(name in line for name in _SERVERS)


def with_workers(process: psutil.Process) -> list[psutil.Process]:
    """The process and all it started, without servers, what those started, and what has just ended."""
    found = [process]
    with suppress(psutil.NoSuchProcess):
        for child in process.children():
            with suppress(psutil.NoSuchProcess):
                found += [] if is_server(child) else with_workers(child)
    return found


def pss_mb(root: psutil.Process) -> float:
    """Proportional set size of the tree in MB (10**6 bytes): a page that n processes share counts 1/n in each."""
    total = 0
    for process in with_workers(root):
        with suppress(psutil.NoSuchProcess):  # a worker that has just ended holds nothing
            total += process.memory_full_info().pss
    return total / 1e6


class Watch:
    """Samples the memory of a process tree, in MB, once ``since`` holds, until it is stopped or ``until`` holds."""

    def __init__(self, pid: int, since: Callable[[], bool], until: Callable[[], bool]) -> None:
        self.samples: list[float] = []
        self.most_processes = 0
        self.whole = False  # whether it saw all from since to until
        self._root, self._since, self._until = psutil.Process(pid), since, until
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set() and not self._since():
            self._stop.wait(_SAMPLE_S)
        while not self._stop.is_set() and not self._until():
            self.samples.append(pss_mb(self._root))
            self.most_processes = max(self.most_processes, len(with_workers(self._root)))
            self._stop.wait(_SAMPLE_S)
        self.whole = self._until()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@dataclass(frozen=True)
class Home:
    """An ``ECG_HOME`` and the command line on it.

    Args:
        path: the home.
        variables: further ``ECG_*`` variables.
    """

    path: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The process environment; threads are not limited as in the other tests, because users do not."""
        kept = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "PREFECT_API_URL")}
        return kept | {"ECG_HOME": str(self.path)} | self.variables

    def command(self, *arguments: str) -> list[str]:
        """The command line as a list for ``subprocess``."""
        return [sys.executable, "-m", "app.cli.main", *arguments]

    def ecg(self, *arguments: str) -> str:
        """Run a verb that must succeed, and return its standard output."""
        self.path.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            cwd=self.path,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, f"ecg {' '.join(arguments)}: exit {done.returncode}\n{done.stderr[-4000:]}"
        return done.stdout

    def watched(self, since: Callable[[], bool], until: Callable[[], bool], *arguments: str) -> tuple[str, Watch]:
        """Run a verb that must succeed; return its standard output, and its memory from ``since`` to ``until``."""
        self.path.mkdir(parents=True, exist_ok=True)
        with subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            watch = Watch(process.pid, since, until)
            try:
                out, err = process.communicate()
            finally:
                watch.stop()
        assert process.returncode == 0, f"ecg {' '.join(arguments)}: exit {process.returncode}\n{err[-4000:]}"
        return out, watch


@pytest.fixture(scope="session")
def make_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Home]:
    """Makes a fresh home; keyword arguments are further variables."""

    def make(name: str, **variables: str) -> Home:
        return Home(tmp_path_factory.mktemp(name) / "home", variables)

    return make


@pytest.fixture(scope="session")
def memory() -> Callable[[int], float]:
    """Measures a process and all it started, in MB."""
    return lambda pid: pss_mb(psutil.Process(pid))


@dataclass(frozen=True)
class Demo:
    """A finished demo.

    Args:
        home: where it ran.
        studies, seed: the hospital.
        printed: what the first run wrote on the terminal.
        first, second: the HTML page that each of its two runs ended with.
        ingest: the memory of the first run's ingest.
        snapshot: what the first trained on.
        left_by_first, left_by_second: snapshots, runs and releases after each run.
    """

    home: Path
    studies: int
    seed: int
    printed: str
    first: str
    second: str
    ingest: Watch
    snapshot: Snapshot
    left_by_first: list[str]
    left_by_second: list[str]

    @property
    def champion(self) -> Path:
        return (self.home / "champion").resolve()


def left_in(home: Path) -> list[str]:
    return sorted(
        f"{kind}/{path.name}" for kind in ("snapshots", "runs", "releases") for path in (home / kind).iterdir()
    )


@pytest.fixture(scope="module")
def demo(make_home: Callable[..., Home]) -> Demo:
    home, words = make_home("demo"), ("demo", "--studies", str(STUDIES), "--seed", str(SEED))
    printed, ingest = home.watched(
        (home.path / "inbox").exists,  # drawn: what runs from here on are readers
        lambda: any((home.path / "pages").glob("ingest-*")),
        *words,
    )
    page = home.path / "pages" / "demo.html"
    first, left_by_first = page.read_text(encoding="utf-8"), left_in(home.path)
    (snapshot,) = (home.path / "snapshots").iterdir()
    home.ecg(*words)
    second = page.read_text(encoding="utf-8")
    seen = Snapshot.open(snapshot)
    return Demo(home.path, STUDIES, SEED, printed, first, second, ingest, seen, left_by_first, left_in(home.path))

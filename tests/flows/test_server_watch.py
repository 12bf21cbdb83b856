"""A command that is killed leaves no Prefect server behind."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tasks.prefect.server_watch import SERVER, WATCH
from tests.flows.commandline import Cli

pytestmark = pytest.mark.e2e

PATIENCE_S = 240
PROJECT = Path(__file__).resolve().parents[2]


def _until(found: Callable[[], list[psutil.Process]]) -> list[psutil.Process]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if processes := found():
            return processes
        time.sleep(0.05)
    raise AssertionError(f"nothing within {PATIENCE_S} s")


def _children(parent: psutil.Process, *words: str) -> list[psutil.Process]:
    """The children of a process whose command line holds one of the words, as an argument of its own."""
    found = []
    for child in parent.children():
        try:
            if set(words) & set(child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_the_server_of_a_killed_command_ends(
    tmp_path: Path, embedded: Callable[[Path], Cli], small_hospital: Path, seconds: float
) -> None:
    """Killed while the server starts, and later."""
    command = embedded(tmp_path / "home").start("ingest", small_hospital)
    process = psutil.Process(command.pid)
    server = _until(lambda: _children(process, SERVER))[0]
    (watch,) = _children(process, WATCH)
    time.sleep(seconds)
    command.kill()
    command.wait()
    gone, alive = psutil.wait_procs([server, watch], timeout=60)
    assert alive == [] and {each.pid for each in gone} == {server.pid, watch.pid}


STARTS_ONE = f"""
import subprocess, sys, time
from tasks.prefect.server_watch import watch_own_servers
watch_own_servers()
print("now", flush=True)
subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)", {SERVER!r}])
time.sleep(600)
"""


def _marked(mark: bytes) -> list[psutil.Process]:
    """What a command with this mark started and still runs."""
    found = []
    for process in psutil.process_iter():
        try:
            if mark in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                found.append(process)
        except OSError:
            continue
    return found


def test_what_a_command_starts_ends_whenever_the_command_is_killed() -> None:
    """Eight commands, killed some milliseconds apart around the moment at which they start a server."""
    killed = []
    for number in range(8):
        command = subprocess.Popen([sys.executable, "-c", STARTS_ONE], stdout=subprocess.PIPE, cwd=PROJECT)
        assert command.stdout is not None and command.stdout.readline() == b"now\n"
        (watch,) = _children(psutil.Process(command.pid), WATCH)
        mark = watch.cmdline()[watch.cmdline().index(str(command.pid)) + 1].encode()
        time.sleep(0.004 * number)
        command.kill()
        command.wait()
        command.stdout.close()
        killed.append((mark, watch))
    _, alive = psutil.wait_procs([watch for _, watch in killed], timeout=60)
    assert alive == []
    assert [process for mark, _ in killed for process in _marked(mark)] == []

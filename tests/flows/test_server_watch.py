"""A command that is killed leaves no Prefect server behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tasks.prefect.server_watch import SERVER
from tests.flows.commandline import Cli

pytestmark = pytest.mark.e2e

PATIENCE_S = 240


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


def test_the_server_of_a_killed_command_ends(
    tmp_path: Path, embedded: Callable[[Path], Cli], small_hospital: Path
) -> None:
    command = embedded(tmp_path / "home").start("ingest", small_hospital)
    process = psutil.Process(command.pid)
    server = _until(lambda: _children(process, SERVER))[0]
    watch = _until(lambda: _children(process, str(server.pid)))[0]
    command.kill()
    command.wait()
    gone, alive = psutil.wait_procs([server, watch], timeout=60)
    assert alive == [] and {each.pid for each in gone} == {server.pid, watch.pid}

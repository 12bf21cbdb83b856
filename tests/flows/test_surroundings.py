"""A machine that refuses memory, disk or files: one line says so, nothing is recorded wrongly, the next run goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commandline import Cli, Done, command
from tests.flows.test_bad_input import refused

pytestmark = pytest.mark.e2e


def _limited(cli: Cli, limit: str, *words: object) -> Done:
    """Run a command under a limit of the shell's."""
    shell = ["bash", "-c", f'ulimit {limit}; exec "$@"', "ecg", *command(*words)]
    done = subprocess.run(shell, capture_output=True, text=True, env=cli.environment(), cwd=cli.deployments)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("limit", "words"),
    [("-f 3000", "file sizes (ulimit -f)"), ("-v 1500000", "memory (ulimit -v)"), ("-n 48", "open files (ulimit -n)")],
)
@pytest.mark.parametrize("verb", [("ingest", "."), ("rollback", "--reviewer", "a", "--reason", "b")])
def test_nothing_is_begun_under_a_limit_that_it_would_meet(
    embedded: Callable[[Path], Cli], tmp_path: Path, limit: str, words: str, verb: tuple[str, ...]
) -> None:
    """Prefect's server would die of it, and be waited for; or answer HTTP 500; or an import would fail."""
    refused(_limited(embedded(tmp_path / "home"), limit, *verb), words)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("this user may not mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_then_a_read_only_one_then_room(
    cli_of: Callable[[Path], Cli], books_of: Callable[[Path], Any], small_disk: Path, small_hospital: Path
) -> None:
    cli = cli_of(small_disk / "home")
    refused(cli("ingest", small_hospital), str(small_disk))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    refused(cli("ingest", small_hospital), str(small_disk), "ECG_HOME")
    subprocess.run(["mount", "-o", "remount,rw,size=64m", str(small_disk)], check=True)
    assert cli("ingest", small_hospital, "--json").json()["accepted"] > 0
    assert {state for state, _ in books_of(cli.home).files().values()} == {"accepted"}

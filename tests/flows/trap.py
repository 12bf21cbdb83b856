"""A command line that kills itself at a named place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any

# Runs the command line with a trap: the process kills itself with SIGKILL before or after the named function.
TRAP = """
import importlib, os, signal, sys
place, name, when, *words = sys.argv[1:]
from tasks.prefect.environment import prepare
prepare()
module = importlib.import_module(place)
owner_name, _, attribute = name.rpartition(".")
owner = getattr(module, owner_name) if owner_name else module
original = getattr(owner, attribute)
def trapped(*args, **kwargs):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, attribute, trapped)
sys.argv = ["ecg", *words]
from app.cli.main import main
main()
"""


def killed_at(ecg: Any, place: str, name: str, when: str, *words: object, **more: str) -> None:
    """Run until the trap springs, then end what it leaves: Prefect's own server, which would hold a pipe open."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", TRAP, place, name, when, *map(str, words)],
            stdout=said,
            stderr=said,
            text=True,
            env=ecg.environment(**more),
            cwd=ecg.deployments,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=800)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        said.seek(0)
        assert code == -signal.SIGKILL, f"the trap at {place}.{name} did not spring: {said.read()}"

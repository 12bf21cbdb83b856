"""The server that Prefect starts for a command ends with it, however the command ends.

Prefect stops it at a normal exit only. A command that is killed would leave it behind, with the database of
``ECG_HOME`` open; so a small process watches both, and outlives the command for half a second.
"""

from __future__ import annotations

import os
import subprocess
import sys

import psutil

SERVER = "prefect.server.api.server:create_app"
WATCH = f"""
import os, signal, sys, time
command, server = map(int, sys.argv[1:])
while os.getppid() == command:
    time.sleep(0.5)
try:
    with open(f"/proc/{{server}}/cmdline", "rb") as words:
        if b"{SERVER}" in words.read():
            os.kill(server, signal.SIGTERM)
except (FileNotFoundError, ProcessLookupError):
    pass  # it ended, as it should
"""

_watched: dict[int, subprocess.Popen[bytes]] = {}


def watch_own_servers() -> None:
    """Let every Prefect server that is a child of this process end with it; repeatable."""
    for child in psutil.Process().children():
        if child.pid not in _watched and _is_server(child):
            words = [sys.executable, "-I", "-S", "-c", WATCH, str(os.getpid()), str(child.pid)]
            silent = subprocess.DEVNULL
            _watched[child.pid] = subprocess.Popen(
                words, stdin=silent, stdout=silent, stderr=silent, start_new_session=True
            )


def _is_server(process: psutil.Process) -> bool:
    try:
        return SERVER in process.cmdline()
    except psutil.Error:
        return False  # it ended meanwhile

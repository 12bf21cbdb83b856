"""The server that Prefect starts for a command ends with it, however and whenever the command ends.

Prefect stops it at a normal exit only. A command that is killed would leave it behind, with the database of
``ECG_HOME`` open; so a small process watches the command from before its server starts, and ends what carries its mark.
"""

from __future__ import annotations

import atexit
import os
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

MARK = "ECG_STARTED_BY"
"""In the environment of all that a command starts: whose it is."""
SERVER = "prefect.server.api.server:create_app"
WATCH = f"""
import os, signal, sys, time
command, mark, *known = sys.argv[1:]
while os.getppid() == int(command):
    time.sleep(0.5)

def holds(pid, what, words):
    try:
        with open(f"/proc/{{pid}}/{{what}}", "rb") as file:
            return words in file.read().split(b"\\0")
    except OSError:
        return False  # it ended, or is another user's

def servers():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        ours = pid in known or holds(pid, "environ", mark.encode())
        if ours and holds(pid, "cmdline", b"{SERVER}"):
            yield int(pid)

start = last = time.monotonic()
while time.monotonic() < last + 3:  # one may be between its fork and its first word yet
    for pid in servers():
        last = time.monotonic()
        try:
            os.kill(pid, signal.SIGTERM if last < start + 20 else signal.SIGKILL)
        except OSError:
            pass  # it ended meanwhile
    time.sleep(0.25)
"""

_watches: dict[int, subprocess.Popen[bytes]] = {}


def watch_own_servers() -> None:
    """Let every Prefect server that this process starts, or has started, end with it; repeatable."""
    me = os.getpid()
    if me in _watches:
        return
    mark = f"{me}-{secrets.token_hex(8)}"
    os.environ[MARK] = mark
    words = [sys.executable, "-I", "-S", "-c", WATCH, str(me), f"{MARK}={mark}", *map(str, _started_already())]
    silent = subprocess.DEVNULL
    watch = subprocess.Popen(words, stdin=silent, stdout=silent, stderr=silent, start_new_session=True)
    _watches[me] = watch
    atexit.register(_dismiss, me, watch)  # before Prefect's own, which therefore has stopped its server by then


def _dismiss(owner: int, watch: subprocess.Popen[bytes]) -> None:
    if os.getpid() == owner:  # not a forked child's end
        watch.kill()


def _started_already() -> list[int]:
    """Return the servers that were started for a flow that was called before anything was prepared."""
    if "prefect" not in sys.modules:
        return []
    import psutil

    return [child.pid for child in psutil.Process().children() if _is_server(child)]


def _is_server(process: psutil.Process) -> bool:
    import psutil

    try:
        return SERVER in process.cmdline()
    except psutil.Error:
        return False  # it ended meanwhile

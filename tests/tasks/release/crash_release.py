"""A driver for test_release: fork a child per step, kill it there with SIGKILL, and check what it left.

Run as ``python crash_release.py FOLDER MODE``. Mode ``audit`` kills before the n-th event that Python's audit hooks
report (open, rename, mkdir, symlink, remove ...), mode ``line`` before the n-th executed line of
tasks/release/release.py.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from tasks.release import release
from tasks.release.release import export_release, link_champion, linked_version, read_release

EVENTS = {"open", "os.rename", "os.mkdir", "os.symlink", "os.remove", "os.rmdir", "shutil.rmtree"}


def kill_at_event(step: int) -> None:
    seen = 0

    def hook(event: str, _arguments: object) -> None:
        nonlocal seen
        if event in EVENTS:
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def kill_at_line(step: int) -> None:
    seen = 0

    def trace(frame, event, _argument):
        nonlocal seen
        if frame.f_code.co_filename != release.__file__:
            return None
        if event == "line":
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def promote(root: Path, version: str) -> None:
    home = root / "home"
    export_release(root / f"model-{version}", root / "golden", home / "releases", version, {"run": version})
    link_champion(home, version)


def killed(root: Path, mode: str, step: int) -> bool:
    child = os.fork()
    if child == 0:
        {"audit": kill_at_event, "line": kill_at_line}[mode](step)
        promote(root, "2")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"child failed at step {step}"
    return os.WIFSIGNALED(status)


def check(home: Path, allowed: set[str | None]) -> str | None:
    version = linked_version(home)
    assert version in allowed, version
    if version is not None:
        assert read_release(home / "champion").version == version
    for path in (home / "releases").iterdir() if (home / "releases").exists() else ():
        assert path.name.startswith(".") or read_release(path).version == path.name
    return version


def main(root: Path, mode: str) -> None:
    for first in (False, True):
        step, seen = 0, []
        while True:
            step += 1
            shutil.rmtree(root / "home", ignore_errors=True)
            if first:
                promote(root, "1")
            before = "1" if first else None
            was_killed = killed(root, mode, step)
            seen.append(check(root / "home", {before, "2"}))
            promote(root, "2")
            assert check(root / "home", {"2"}) == "2"
            assert not list((root / "home" / "releases").glob(".*")), "a partial copy was left"
            if not was_killed:
                break
        print(
            json.dumps(
                {"first_exists": first, "kills": step - 1, "before": seen.count(before), "after": seen.count("2")}
            )
        )


main(Path(sys.argv[1]), sys.argv[2])

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from ecgcore.errors import PredictorError
from ecgcore.predictor.formats.staging import staged_directory

# Writes a directory and kills itself with SIGKILL before the n-th file operation.
KILLED = """
import os, signal, sys
from pathlib import Path
from ecgcore.predictor.formats.staging import staged_directory

target, step, seen = Path(sys.argv[1]), int(sys.argv[2]), 0

def hook(event, arguments):
    global seen
    if event in {"open", "os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir", "shutil.rmtree"}:
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
with staged_directory(target) as work:
    for name in "abc":
        (work / name).write_text("new")
"""


def content(target: Path) -> dict[str, str] | None:
    return {path.name: path.read_text() for path in target.iterdir()} if target.exists() else None


def test_it_appears_complete(tmp_path: Path):
    with staged_directory(tmp_path / "deep" / "model") as work:
        (work / "a").write_text("1")
        assert not (tmp_path / "deep" / "model").exists()
    assert content(tmp_path / "deep" / "model") == {"a": "1"}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]
    assert (tmp_path / "deep" / "model").stat().st_mode & 0o777 == 0o755


def test_an_error_leaves_the_old_one(tmp_path: Path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), staged_directory(target) as work:
        (work / "a").write_text(str(1 / 0))
    assert content(target) == {"a": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_files_links_and_unwritable_places_are_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        with pytest.raises(PredictorError, match="is not a directory"), staged_directory(tmp_path / name):
            pass
    with pytest.raises(PredictorError, match="cannot be written"), staged_directory(tmp_path / "file" / "model"):
        pass


@pytest.mark.parametrize("existing", [False, True])
def test_killed_at_any_step_it_is_old_new_or_absent_and_never_mixed(existing: bool, tmp_path: Path):
    old = {"a": "old", "z": "old"}
    seen = []
    for step in range(1, 100):
        target = tmp_path / f"{existing}-{step}" / "model"
        target.mkdir(parents=True)
        if existing:
            for name, text in old.items():
                (target / name).write_text(text)
        else:
            target.rmdir()
        child = os.fork()
        if child == 0:
            sys.argv = ["", str(target), str(step)]
            exec(compile(KILLED, "killed", "exec"), {"__name__": "killed"})
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        found = content(target)
        assert found in (None, old, dict.fromkeys("abc", "new"))
        seen.append(found)
        if not os.WIFSIGNALED(status):
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
    assert seen[-1] == dict.fromkeys("abc", "new") and len(seen) > 8
    assert seen[0] == (old if existing else None)

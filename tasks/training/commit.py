"""The commit that trained a run, written down before it trains: the checkout that judges it may be another."""

from __future__ import annotations

import logging
from pathlib import Path

from ecgcore import durable
from ecgcore.settings import PROJECT
from ecgcore.training.rundir import RunDir
from tasks.registry.provenance import UNKNOWN_COMMIT, code_commit

log = logging.getLogger(__name__)


def note_commit(run_dir: Path) -> None:
    """Write this checkout's commit into a run directory. A run that another commit resumes has both, in order."""
    commit, noted = code_commit(PROJECT), _noted(run_dir)
    if noted[-1:] != [commit] and not RunDir(run_dir).summary.exists():
        run_dir.mkdir(parents=True, exist_ok=True)
        durable.write_text(_file(run_dir), "\n".join([*noted, commit]) + "\n")


def training_commit(run_dir: Path) -> str:
    """Return the commit that trained a run, or those, with a warning if it is not that of this checkout."""
    trained, now = ", ".join(_noted(run_dir)) or UNKNOWN_COMMIT, code_commit(PROJECT)
    if trained != now:
        log.warning("%s was trained by commit %s; the commit here, which judges it, is %s", run_dir.name, trained, now)
    return trained


def _file(run_dir: Path) -> Path:
    return run_dir / "code_commit.txt"


def _noted(run_dir: Path) -> list[str]:
    file = _file(run_dir)
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

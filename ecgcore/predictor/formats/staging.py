"""A directory that appears complete or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecgcore import durable
from ecgcore.errors import PredictorError

_READABLE = 0o755


@contextmanager
def staged_directory(target: Path) -> Iterator[Path]:
    """Yield an empty directory beside ``target`` to fill; it takes ``target``'s place when the block ends well.

    Files are flushed to the disk before the rename. A process killed before it leaves ``target`` as it was (and a
    hidden ``.<name>.partial-*`` beside it). Where ``target`` exists, it is moved away first, so a process killed
    between the two renames leaves none at all; it is never mixed or half written.

    Raises:
        PredictorError: ``target`` is a file or a link, or the disk refuses.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise PredictorError(target, "is not a directory", "choose another output directory")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
    except OSError as error:
        raise _refused(target, error) from error
    try:
        yield work
        _publish(work, target)
    except OSError as error:
        raise _refused(target, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _refused(target: Path, error: OSError) -> PredictorError:
    hint = "free space or give write permission, then run it again"
    return PredictorError(target, f"cannot be written ({error.strerror or error})", hint)


def _publish(work: Path, target: Path) -> None:
    work.chmod(_READABLE)
    for path in sorted(work.rglob("*")):
        durable.flush(path)
    durable.flush(work)
    if target.exists():
        _replace(work, target)
    else:
        work.rename(target)
    durable.flush(target.parent)


def _replace(work: Path, target: Path) -> None:
    old = target.rename(f"{work}.old")
    try:
        work.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)

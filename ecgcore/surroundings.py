"""What the machine refuses: memory, disk, file sizes, open files. It is no fault of a program or of its input."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

from ecgcore.errors import SurroundingsError

_MEMORY = "there is not enough memory", "free memory, or raise the limit: ulimit -v unlimited"
_DISK = "the disk is full", "free space there, or set ECG_HOME to a folder on another disk"
_SIZE = "a file would outgrow the limit of file sizes", "raise the limit: ulimit -f unlimited"
_READ_ONLY = "it is mounted read-only", "set ECG_HOME to a folder that you may write"
_FILES = "too many files are open", "raise the limit: ulimit -n 1024"
_PROCESSES = "no further process or thread may start", "end others, or raise the limits: ulimit -u and ulimit -v"
_OF_ERRNO = {
    errno.ENOMEM: _MEMORY,
    errno.ENOSPC: _DISK,
    errno.EDQUOT: _DISK,
    errno.EFBIG: _SIZE,
    errno.EROFS: _READ_ONLY,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EAGAIN: _PROCESSES,
}
_OF_WORDS = {
    "cannot allocate memory": _MEMORY,
    "failed to map segment": _MEMORY,  # what the dynamic linker says of a library
    "can't allocate memory": _MEMORY,
    "can't start new thread": _PROCESSES,
    "resource temporarily unavailable": _PROCESSES,
    "too many open files": _FILES,
    "file too large": _SIZE,
    "no space left on device": _DISK,
    "disk is full": _DISK,  # SQLite
    "disk i/o error": ("the disk cannot be written", "check its free space, and the limit of file sizes (ulimit -f)"),
    "readonly database": _READ_ONLY,
    "read-only file system": _READ_ONLY,
}
_SPOKEN = (ImportError, OSError, RuntimeError)
_NEEDED = {
    resource.RLIMIT_FSIZE: (64 << 20, "file sizes (ulimit -f)", "databases are larger", "ulimit -f unlimited"),
    resource.RLIMIT_AS: (2 << 30, "memory (ulimit -v)", "Prefect alone maps 1.4 GB", "ulimit -v unlimited"),
    resource.RLIMIT_NOFILE: (64, "open files (ulimit -n)", "several databases are open at once", "ulimit -n 1024"),
}  # fmt: skip
_FREE_BYTES = 16 << 20


def refused(error: BaseException) -> SurroundingsError | None:
    """Return what the machine refused, if that is what an error, or one that it follows from, comes to.

    >>> print(refused(OSError(errno.ENOSPC, "No space left on device", "/data/ledger.db")))
    /data/ledger.db: the disk is full. Hint: free space there, or set ECG_HOME to a folder on another disk
    """
    for each in _chain(error):
        if (found := _refused(each)) is not None:
            return found
    return None


def _refused(error: BaseException) -> SurroundingsError | None:
    thing = getattr(error, "filename", None) or "this machine"
    if isinstance(error, MemoryError):
        return SurroundingsError(thing, *_MEMORY)
    if isinstance(error, OSError) and error.errno in _OF_ERRNO:
        return SurroundingsError(thing, *_OF_ERRNO[error.errno])
    if isinstance(error, _SPOKEN) or hasattr(error, "orig"):  # SQLAlchemy's errors hold the driver's own
        said = str(error).lower()
        return next((SurroundingsError(thing, *found) for words, found in _OF_WORDS.items() if words in said), None)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    pending = [error]
    while pending:
        each = pending.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            members = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
            context = None if each.__suppress_context__ else each.__context__
            pending += [context, each.__cause__, *members]


def check_room(folder: Path) -> None:
    """Check that a flow can run here, with its databases below a folder, before minutes are spent on trying.

    Raises:
        SurroundingsError: a limit of this process, or the disk's free space, is below what it cannot do without.
    """
    for kind, (needed, name, why, hint) in _NEEDED.items():
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY and soft < needed:
            raise SurroundingsError(f"the limit of {name}", f"is {soft:,}, and needs to be {needed:,}: {why}", hint)
    if not os.access(folder, os.W_OK):
        raise SurroundingsError(folder, "cannot be written", "set ECG_HOME to a folder that you may write")
    if (free := shutil.disk_usage(folder).free) < _FREE_BYTES:
        rule = f"has {free:,} bytes of free disk space, and {_FREE_BYTES:,} are needed"
        raise SurroundingsError(folder, rule, "free space there, or set ECG_HOME to a folder on another disk")

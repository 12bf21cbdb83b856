"""Files that appear whole or not at all, whatever kills the process or the machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_READABLE = 0o644


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a hidden file beside ``path`` to write; flushed, it takes the place of ``path`` if the block ends well.

    Otherwise it is removed and ``path`` stays as it was.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
        draft.chmod(_READABLE)
        publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def publish(draft: Path, path: Path) -> None:
    """Let a finished file beside ``path`` take its place, its content first on the disk, then its name."""
    flush(draft)
    draft.replace(path)
    flush(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file that is whole or not there; see :func:`whole_file`."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file that is whole or not there; see :func:`whole_file`."""
    with whole_file(path) as draft:
        draft.write_bytes(data)


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Fingerprints of files and directories."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ecgcore.errors import PredictorError


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def directory_sha256(path: Path | str) -> str:
    """Return one hex SHA-256 of a directory's relative file names and contents, independent of dates and order.

    It is the hash of the lines ``<sha256>  <relative path>\\n``, sorted by path, as ``sha256sum`` prints them.

    Raises:
        PredictorError: not a directory, or it holds a link or a special file.
    """
    root = Path(path)
    if not root.is_dir():
        raise PredictorError(root, "is not a directory", "name a model directory")
    names = sorted(entry.relative_to(root).as_posix() for entry in root.rglob("*") if _is_plain_file(entry))
    lines = (f"{file_sha256(root / name)}  {name}\n" for name in names)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _is_plain_file(path: Path) -> bool:
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        raise PredictorError(path, "is a link or a special file", "a model directory may hold plain files only")
    return path.is_file()

"""The fingerprint of a directory: which files it holds and what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ecgcore.errors import PromotionError
from ecgcore.predictor.digest import file_sha256


def file_hashes(directory: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below ``directory``, by its relative POSIX path, in sorted order.

    Raises:
        PromotionError: it is not a directory, or holds something that is neither a plain file nor a folder.
    """
    if not directory.is_dir():
        raise PromotionError(directory, "is not a directory", "name the directory that a training wrote")
    found = sorted(directory.rglob("*"), key=lambda path: path.relative_to(directory).as_posix())
    return {path.relative_to(directory).as_posix(): file_sha256(path) for path in found if _is_plain_file(path)}


def combined_sha256(hashes: Mapping[str, str]) -> str:
    """Return one SHA-256 for a set of files: that of the lines which ``sha256sum`` prints for them, sorted by path."""
    lines = (f"{hashes[path]}  {path}\n" for path in sorted(hashes))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def directory_sha256(directory: Path) -> str:
    """Return the fingerprint of a directory: :func:`combined_sha256` of its :func:`file_hashes`."""
    return combined_sha256(file_hashes(directory))


def _is_plain_file(path: Path) -> bool:
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        raise PromotionError(path, "is a link or a special file", "a model directory may hold plain files only")
    return path.is_file()

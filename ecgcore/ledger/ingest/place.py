"""Which of its places in the inbox says what a content is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from ecgcore.ledger.decide.state import FileKind

_ORDER = tuple(FileKind)


class Placed(Protocol):
    """A content at a place."""

    @property
    def sha256(self) -> str:
        """Hash of its bytes."""

    @property
    def kind(self) -> FileKind:
        """What it is by its place and name."""


P = TypeVar("P", bound=Placed)


def best_places(files: Iterable[P]) -> dict[str, P]:
    """Return each content's file by its hash; of several the first of the kind that stands first in `FileKind`."""
    best: dict[str, P] = {}
    for file in files:
        standing = best.setdefault(file.sha256, file)
        if _ORDER.index(file.kind) < _ORDER.index(standing.kind):
            best[file.sha256] = file
    return best

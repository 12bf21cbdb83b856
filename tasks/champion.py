"""The version that serves, as the ledger says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecgcore.ledger import promotion
from ecgcore.ledger.ledger import Ledger
from tasks.release import RELEASES

CHAMPION_SLOT = "champion"


@dataclass(frozen=True)
class Champion:
    """The version that serves and its release directory."""

    version: str
    path: Path


def champion_of(home: Path, ledger: Ledger, slot: str) -> Champion | None:
    """Return the version that serves the slot, with its release under ``ECG_HOME``."""
    current = promotion.current(ledger, slot)
    return Champion(current.version, home / RELEASES / current.version) if current else None

"""The version that serves, as the ledger says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecgcore.errors import PromotionError
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.predictor.slot import CHAMPION
from tasks.release.release import RELEASES, read_release

CHAMPION_SLOT = CHAMPION


@dataclass(frozen=True)
class Champion:
    """The version that serves and its release directory."""

    version: str
    path: Path


def champion_of(home: Path, ledger: Ledger, slot: str) -> Champion | None:
    """Return the version that serves the slot, with its release under ``ECG_HOME``; None if none serves.

    Every file of the release is hashed: gates compare with the model that was promoted, and with no other.

    Raises:
        PromotionError: the release is missing or altered, or is not the model that the ledger holds.
    """
    current = promotion.current(ledger, slot)
    if current is None:
        return None
    path = home / RELEASES / current.version
    if read_release(path).model_dir_sha256 != current.model_dir_sha256:
        rule = f"is not the model that the ledger holds as version {current.version}"
        hint = f"remove {path}, then run `ecg promote {current.version}` again: that exports it anew"
        raise PromotionError(path, rule, hint)
    return Champion(current.version, path)

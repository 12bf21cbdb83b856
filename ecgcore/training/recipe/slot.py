"""Slots: what a champion serves."""

from __future__ import annotations

import re
from enum import StrEnum

from ecgcore.predictor.formats import choice
from ecgcore.training.recipe.strict import require

_NAME = re.compile(r"[a-z][a-z0-9-]{0,60}")


class Slot(StrEnum):
    """What a champion serves: each has one champion in the ledger, one link on the disk and one registered model.

    A recipe may name a slot of its own, whose versions are registered and compared, but served by nothing yet.
    """

    CHAMPION = choice.CHAMPION
    """The deployed predictor."""


def require_slot(slot: str | None, promotable: bool) -> None:
    """Refuse a slot that is no name, and a promotable recipe of a slot that nothing serves.

    Raises:
        ValueError: as :func:`~ecgcore.training.recipe.strict.require`.
    """
    named = slot is None or _NAME.fullmatch(slot) is not None
    require(named, f"slot: {slot!r} is no name of lower-case letters, digits and dashes")
    require(not promotable or slot is not None, "a promotable recipe names its slot")
    rule = f"slot {slot}: only the slot {Slot.CHAMPION} is served; say promotable: false"
    require(not promotable or slot == Slot.CHAMPION, rule)

"""The states of a promotion."""

from __future__ import annotations

from enum import StrEnum


class PromotionState(StrEnum):
    """How far a promotion has come. Each state is written after its step was done."""

    INTENDED = "intended"
    EXPORTED = "exported"
    VERIFIED = "verified"
    LINKED = "linked"
    ALIASED = "aliased"
    DONE = "done"
    ROLLED_BACK = "rolled-back"


ENDED = frozenset({PromotionState.DONE, PromotionState.ROLLED_BACK})

"""What a source file is, and the states of files, label rows and promotions: each is in exactly one at any time."""

from __future__ import annotations

from enum import StrEnum


class FileKind(StrEnum):
    """What a source file is."""

    ECG = "ecg"
    TABLE = "table"
    NARRATIVE = "narrative"
    UNKNOWN = "unknown"


class State(StrEnum):
    """Where a source file or a label row stands."""

    ACCEPTED = "accepted"
    """Part of a study."""
    WAITING = "waiting"
    """Its partner has not arrived."""
    UNPAIRED = "unpaired"
    """Its partner did not arrive within the allowed days."""
    QUARANTINED = "quarantined"
    """Breaks a rule; a person has to look."""
    DUPLICATE = "duplicate"
    """Its content is known already, or a corrected resubmission took its place."""
    EXCLUDED = "excluded"
    """Right, but not of this cohort."""


SETTLED = frozenset({State.ACCEPTED, State.DUPLICATE})
"""States that no later batch changes."""


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
"""States from which a promotion goes no further."""

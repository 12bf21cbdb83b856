"""The states that a file or a table row can be in: exactly one at any time, so that counts add up."""

from __future__ import annotations

from enum import StrEnum


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

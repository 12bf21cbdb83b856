"""What a rule found: the rule, the offending value and the next step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a broken rule does to its file or row. Where a row breaks several, the first of this list counts."""

    REJECT = "reject"  # the whole table
    DUPLICATE = "duplicate"
    QUARANTINE = "quarantine"
    EXCLUDE = "exclude"
    WAIT = "wait"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule, in words that name no patient.

    Args:
        rule: the rule's name in kebab case.
        value: the offending value.
        hint: what the data steward does next.
    """

    rule: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class RowFault(Finding):
    """The validation rule that a label row breaks: it quarantines the row or excludes it."""

    effect: Effect = Effect.QUARANTINE


def strongest(effects: Iterable[Effect]) -> Effect | None:
    """Return the effect that counts for a row which has several; None without any."""
    return min(effects, key=list(Effect).index, default=None)

"""What a rule found: the rule, the offending value and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecgcore.ledger.decide.state import State


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


class Effect(StrEnum):
    """What a failed validation rule does to its row and the ECG that it names."""

    QUARANTINE = "quarantine"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class RowFault(Finding):
    """A label row's failed validation rule."""

    effect: Effect = Effect.QUARANTINE


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state that one file or row is put in, and why.

    Args:
        state: the state.
        finding: the rule behind it; None for a plain `accepted`.
        by: the row that replaced this one or completed the file, "" if none.
    """

    state: State
    finding: Finding | None = None
    by: str = ""

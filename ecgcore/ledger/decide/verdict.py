"""The state that one file or row is put in, and why."""

from __future__ import annotations

from dataclasses import dataclass

from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.decide.state import State


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

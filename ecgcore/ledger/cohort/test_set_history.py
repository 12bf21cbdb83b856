"""What the audit trail tells of a test set: who looked, who replaced it, and what was disputed after a look."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ecgcore.ledger.db.tables import AuditEvent
from ecgcore.ledger.review.audit import DISPUTED, LOCKED, LOOKED, REPLACED


@dataclass(frozen=True, slots=True)
class Replacement:
    """A test set was locked anew.

    Args:
        moment: when, UTC.
        reviewer, second: who decided; a second one only where members were disputed after a look.
        reason: theirs.
        looks: at the set that was replaced, since it was locked.
        late: how many of its members were left out that had been disputed after the first look.
    """

    moment: datetime
    reviewer: str
    second: str | None
    reason: str
    looks: int
    late: int

    def to_text(self) -> str:
        """Return it as one line."""
        who = f"{self.reviewer} and {self.second}" if self.second else self.reviewer
        late = f", {self.late} of its members disputed after a look" if self.late else ""
        return f"replaced on {self.moment:%Y-%m-%d} after looks: {self.looks}{late}, by {who}: {self.reason}"


def replacements(connection: Connection, name: str) -> tuple[Replacement, ...]:
    """Return every replacement of a test set, the first one first; none is ever forgotten."""
    return tuple(
        Replacement(
            moment,
            actor,
            detail.get("second"),
            detail["reason"],
            detail["old_looks"],
            detail.get("late", 0),
        )
        for moment, actor, detail in _events(connection, (REPLACED,))
        if detail["name"] == name
    )


def disputed_after_a_look(connection: Connection, name: str, studies: Iterable[str]) -> frozenset[str]:
    """Return those of the studies that were disputed after the first look at a set, since it was locked.

    A study of which the trail does not tell when it was disputed counts as one of them.
    """
    looked: int | None = None
    disputed: dict[str, int] = {}
    for place, (event, detail) in enumerate(_named(connection, (LOCKED, REPLACED, LOOKED, DISPUTED))):
        if event == DISPUTED:
            disputed |= dict.fromkeys(detail["studies"], place)
        elif detail["name"] == name:
            looked = (looked if looked is not None else place) if event == LOOKED else None
    if looked is None:
        return frozenset()
    return frozenset(study for study in studies if disputed.get(study, looked) >= looked)


def _named(connection: Connection, events: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    query = select(AuditEvent.event, AuditEvent.detail).where(AuditEvent.event.in_(events)).order_by(AuditEvent.number)
    return ((event, json.loads(detail)) for event, detail in connection.execute(query))


def _events(connection: Connection, events: tuple[str, ...]) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
    columns = (AuditEvent.moment, AuditEvent.actor, AuditEvent.detail)
    query = select(*columns).where(AuditEvent.event.in_(events)).order_by(AuditEvent.number)
    return ((moment, actor, json.loads(detail)) for moment, actor, detail in connection.execute(query))

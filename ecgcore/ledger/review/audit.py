"""The audit trail: append-only, each line's hash covering the line before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from ecgcore.errors import LedgerError
from ecgcore.ledger.db.tables import AuditEvent

_START = "0" * 64

LOCKED, REPLACED, LOOKED = "testset-lock", "testset-replace", "testset-look"
DISPUTED, SETTLED = "study-disputed", "study-settled"


def record(connection: Connection, moment: datetime, event: str, actor: str, detail: Mapping[str, object]) -> None:
    """Append one event within the caller's write transaction. `detail` holds pseudonyms at most."""
    last = connection.execute(
        select(AuditEvent.number, AuditEvent.sha256).order_by(AuditEvent.number.desc()).limit(1)
    ).first()
    number, before = (last.number + 1, last.sha256) if last else (1, _START)
    text = json.dumps(detail, sort_keys=True, ensure_ascii=False)
    digest = _digest(before, number, moment, event, actor, text)
    values = {"number": number, "moment": moment, "event": event, "actor": actor, "detail": text, "sha256": digest}
    connection.execute(insert(AuditEvent), values)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the trail; `detail` is JSON, `moment` is UTC."""

    moment: datetime
    event: str
    actor: str
    detail: str


def last(connection: Connection, event: str) -> Event | None:
    """Return the last event of a kind, or None."""
    columns = (AuditEvent.moment, AuditEvent.event, AuditEvent.actor, AuditEvent.detail)
    query = select(*columns).where(AuditEvent.event == event).order_by(AuditEvent.number.desc()).limit(1)
    found = connection.execute(query).first()
    return Event(*found) if found else None


def check(connection: Connection) -> int:
    """Return the number of events after checking the chain.

    Raises:
        LedgerError: an event was changed, removed or slipped in.
    """
    before, number = _START, 0
    for row in connection.execute(select(AuditEvent.__table__).order_by(AuditEvent.number)):
        number += 1
        if row.number != number or row.sha256 != _digest(before, number, row.moment, row.event, row.actor, row.detail):
            raise LedgerError(
                f"audit event {row.number}", "breaks the chain of hashes", "restore the ledger from a backup"
            )
        before = row.sha256
    return number


def _digest(before: str, number: int, moment: datetime, event: str, actor: str, detail: str) -> str:
    line = json.dumps([before, number, moment.isoformat(), event, actor, detail], ensure_ascii=False)
    return hashlib.sha256(line.encode()).hexdigest()

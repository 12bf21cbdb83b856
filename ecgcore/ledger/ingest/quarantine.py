"""Quarantine entries: opened, released, never deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import Batch, File, QuarantineEntry, Row
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.decide.verdict import Verdict


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An open entry as the data steward sees it.

    Args:
        entry_id: the entry; a corrected row names it in its column `entry`.
        subject: row_id or sha256.
        is_row: False for a file.
        path: the file, or the table that the row is in, relative to the inbox.
        row: the row's number, None for a file.
        raw: JSON of the row's original cells, hospital number replaced; None for a file.
        batch_id: the ingest that opened it.
    """

    entry_id: str
    subject: str
    is_row: bool
    path: str
    row: int | None
    raw: str | None
    finding: Finding
    batch_id: str
    created: datetime


def entry_id(subject: str, rule: str) -> str:
    """Return the entry's name: a function of subject and rule, so that a rebuilt ledger names it the same."""
    return "Q" + hashlib.sha256(f"{subject}|{rule}".encode()).hexdigest()[:16]


def open_entries(connection: Connection, batch_id: str | None = None) -> list[OpenEntry]:
    """Return the open entries, of one batch or of all, in order of creation."""
    query = (
        select(QuarantineEntry.__table__, Batch.batch_id)
        .join(Batch, Batch.number == QuarantineEntry.batch)
        .where(QuarantineEntry.released_at.is_(None), *([Batch.batch_id == batch_id] if batch_id else []))
        .order_by(QuarantineEntry.batch, QuarantineEntry.subject)
    )
    records = connection.execute(query).all()
    places = _places(connection, [record.subject for record in records])
    return [
        OpenEntry(
            record.entry_id,
            record.subject,
            record.is_row,
            *places[record.subject],
            Finding(record.rule, record.value, record.hint),
            record.batch_id,
            record.created,
        )
        for record in records
    ]


def _places(connection: Connection, subjects: Sequence[str]) -> dict[str, tuple[str, int | None, str | None]]:
    places: dict[str, tuple[str, int | None, str | None]] = {}
    for part in chunks(subjects):
        rows = select(Row.row_id, File.path, Row.row, Row.raw).join(File, File.sha256 == Row.table_sha256)
        places |= {r.row_id: (r.path, r.row, r.raw) for r in connection.execute(rows.where(Row.row_id.in_(part)))}
        files = select(File.sha256, File.path).where(File.sha256.in_(part))
        places |= {sha256: (path, None, None) for sha256, path in connection.execute(files)}
    return places


def synchronise(
    connection: Connection,
    rows: Mapping[str, Verdict],
    files: Mapping[str, Verdict],
    number: int,
    now: datetime,
    actor: str,
) -> None:
    """Open an entry for each quarantined subject, and release those whose subject is no longer quarantined so.

    Args:
        rows: verdicts of all open rows.
        files: verdicts of all open files.
        number: ordinal of the batch that a new entry belongs to.
        now: the moment, UTC.
        actor: what released an entry whose verdict names no row.
    """
    verdicts = {**rows, **files}
    wanted = {
        entry_id(subject, verdict.finding.rule): (subject, verdict.finding)
        for subject, verdict in verdicts.items()
        if verdict.state is State.QUARANTINED and verdict.finding is not None
    }
    query = select(QuarantineEntry.entry_id, QuarantineEntry.subject).where(QuarantineEntry.released_at.is_(None))
    standing = dict(connection.execute(query).all())
    _open(connection, {e: w for e, w in wanted.items() if e not in standing}, frozenset(rows), number, now)
    gone = {entry: subject for entry, subject in standing.items() if entry not in wanted}
    _release(connection, {e: verdicts[s].by if s in verdicts else "" for e, s in gone.items()}, now, actor)


def _open(
    connection: Connection,
    wanted: Mapping[str, tuple[str, Finding]],
    rows: frozenset[str],
    number: int,
    now: datetime,
) -> None:
    again = _existing(connection, wanted)
    if again:
        reopen = update(QuarantineEntry).where(QuarantineEntry.entry_id.in_(bindparam("ids", expanding=True)))
        for part in chunks(sorted(again)):
            connection.execute(reopen.values(released_at=None, released_by=None), {"ids": part})
    fresh = [
        {
            "entry_id": entry,
            "subject": subject,
            "is_row": subject in rows,
            "batch": number,
            "rule": finding.rule,
            "value": finding.value,
            "hint": finding.hint,
            "created": now,
        }
        for entry, (subject, finding) in wanted.items()
        if entry not in again
    ]
    if fresh:
        connection.execute(insert(QuarantineEntry), fresh)


def _existing(connection: Connection, entries: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in chunks(entries):
        query = select(QuarantineEntry.entry_id).where(QuarantineEntry.entry_id.in_(part))
        found |= set(connection.execute(query).scalars())
    return found


def _release(connection: Connection, by: Mapping[str, str], now: datetime, actor: str) -> None:
    if by:
        table = QuarantineEntry.metadata.tables[QuarantineEntry.__tablename__]
        release = update(table).where(table.c.entry_id == bindparam("entry"))
        values = [{"entry": entry, "released_at": now, "released_by": (who or actor)[:80]} for entry, who in by.items()]
        connection.execute(release, values)

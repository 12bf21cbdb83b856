"""How many files and rows are in which state. Every one is counted exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from ecgcore.ledger.db.tables import File, FileSighting, QuarantineEntry, Row, Study
from ecgcore.ledger.decide.state import State

_RULED = (State.QUARANTINED, State.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Tally:
    """All of a sort, by state (every state is present, 0 if none), and by rule if quarantined or excluded."""

    total: int
    by_state: Mapping[State, int]
    by_rule: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counts:
    """Files (ECG and CMR, once for each path and content), label rows, accepted studies, open quarantine entries."""

    files: Tally
    rows: Tally
    studies: int
    disputed: int
    open_entries: int


def count(connection: Connection, number: int | None = None) -> Counts:
    """Count what the ledger holds, or what the batch with ordinal `number` brought, as it stands now."""
    sightings = _scalar(connection, FileSighting, number)
    files = _grouped(connection, File, number)
    files[State.DUPLICATE, None] += sightings
    return Counts(
        files=_tally(files),
        rows=_tally(_grouped(connection, Row, number)),
        studies=_scalar(connection, Study, number),
        disputed=_scalar(connection, Study, number, Study.disputed.is_(True)),
        open_entries=_scalar(connection, QuarantineEntry, number, QuarantineEntry.released_at.is_(None)),
    )


def _grouped(connection: Connection, table: Any, number: int | None) -> Counter[tuple[State, str | None]]:
    query = select(table.state, table.rule, func.count()).where(*_of_batch(table, number))
    return Counter({(state, rule): n for state, rule, n in connection.execute(query.group_by(table.state, table.rule))})


def _scalar(connection: Connection, table: Any, number: int | None, *conditions: Any) -> int:
    query = select(func.count()).select_from(table).where(*_of_batch(table, number), *conditions)
    return connection.execute(query).scalar_one()


def _of_batch(table: Any, number: int | None) -> Iterable[Any]:
    return () if number is None else (table.batch == number,)


def _tally(groups: Counter[tuple[State, str | None]]) -> Tally:
    by_state = {state: sum(n for (s, _), n in groups.items() if s is state) for state in State}
    by_rule: Counter[str] = Counter()
    for (state, rule), n in groups.items():
        if state in _RULED:
            by_rule[rule or "unnamed"] += n
    return Tally(sum(groups.values()), by_state, dict(sorted(by_rule.items())))

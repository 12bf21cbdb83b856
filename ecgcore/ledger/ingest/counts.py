"""Where the files of an inbox stand, and how many files and rows are in which state: each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from ecgcore.cmr.rules import catalogue
from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import File, FileSighting, QuarantineEntry, Row, Study
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.ingest.ingest_batch import SourceFile

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


@dataclass(frozen=True, slots=True)
class FileState:
    """A file of the inbox and its state; rule, value and hint are empty where nothing is to be said."""

    path: str
    state: State
    rule: str = ""
    value: str = ""
    hint: str = ""


def file_states(connection: Connection, files: Sequence[SourceFile]) -> list[FileState]:
    """Return the state of each file that the ledger holds, in the order given.

    A content's first path has the content's state; every further path is a duplicate of it.
    """
    known: dict[str, FileState] = {}
    columns = (File.sha256, File.path, File.state, File.rule, File.value, File.hint)
    for part in chunks(dict.fromkeys(file.sha256 for file in files)):
        for sha256, path, state, *reason in connection.execute(select(*columns).where(File.sha256.in_(part))):
            known[sha256] = FileState(path, state, *(text or "" for text in reason))
    return [_standing(file, known[file.sha256]) for file in files]


def _standing(file: SourceFile, known: FileState) -> FileState:
    if file.path == known.path:
        return known
    same = catalogue.SAME_CONTENT.found(known.path)
    return FileState(file.path, State.DUPLICATE, same.rule, same.value, same.hint)

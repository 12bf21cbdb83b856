"""Writes a batch's new files and rows, as `waiting`; pairing decides afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, func, insert, select, update

from ecgcore.errors import LedgerError
from ecgcore.ledger import naming
from ecgcore.ledger.batch import IngestBatch, SourceFile, SourceRow
from ecgcore.ledger.finding import Finding
from ecgcore.ledger.kind import FileKind
from ecgcore.ledger.label_frame import CELLS
from ecgcore.ledger.state import State
from ecgcore.ledger.tables import Batch, File, FileSighting, Row

_CHUNK = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Intake:
    """How much of a batch was new: its ordinal (None if nothing was), contents, further paths of known ones, rows.

    ``reread`` counts the refused reports that were read again.
    """

    number: int | None
    files: int = 0
    sightings: int = 0
    rows: int = 0
    reread: int = 0


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the values in lists that fit into one statement."""
    iterator = iter(values)
    while part := list(islice(iterator, _CHUNK)):
        yield part


def take_in(connection: Connection, batch: IngestBatch, now: datetime) -> Intake:
    """Write what the ledger does not know yet, and nothing else.

    Raises:
        LedgerError: a new ECG comes without its page and without a fault, or the batch_id was used for another batch.
    """
    reread = _read_again(connection, batch)
    known = _known_paths(connection, [file.sha256 for file in batch.files])
    contents, sightings = _sort_out(batch.files, known)
    if not contents and not sightings:
        return Intake(None, reread=reread)
    if connection.execute(select(Batch.number).where(Batch.batch_id == batch.batch_id)).first():
        raise LedgerError(f"batch {batch.batch_id}", "was recorded before with other content", "name each batch anew")
    number = (connection.execute(select(func.max(Batch.number))).scalar() or 0) + 1
    connection.execute(insert(Batch), {"number": number, "batch_id": batch.batch_id, "created": now})
    new = {file.sha256 for file in contents}
    rows = [row for row in batch.rows if row.table_sha256 in new]
    _write(connection, File, [_file_values(file, number, now) for file in contents])
    _write(connection, FileSighting, [_sighting_values(file, number, now) for file in sightings])
    _write(connection, Row, [_row_values(row, number, now) for row in rows])
    return Intake(number, len(contents), len(sightings), len(rows), reread)


def refused_pages(connection: Connection, sha256s: Iterable[str]) -> frozenset[str]:
    """Return those of the contents that are ECG reports whose page was refused."""
    found: set[str] = set()
    for part in chunks(sha256s):
        query = select(File.sha256).where(
            File.sha256.in_(part), File.kind == FileKind.ECG, File.fault_rule.is_not(None)
        )
        found |= set(connection.execute(query).scalars())
    return frozenset(found)


def _read_again(connection: Connection, batch: IngestBatch) -> int:
    """Replace what the ledger holds of refused reports; an accepted page is never touched."""
    open_to_it = refused_pages(connection, batch.again)
    once = {file.sha256: file for file in batch.files if file.sha256 in open_to_it}
    for sha256, file in once.items():
        _check_complete(file)
        connection.execute(update(File).where(File.sha256 == sha256).values(**_page_values(file)))
    return len(once)


def _known_paths(connection: Connection, sha256s: Sequence[str]) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for part in chunks(dict.fromkeys(sha256s)):
        for table in (File, FileSighting):
            for sha256, path in connection.execute(select(table.sha256, table.path).where(table.sha256.in_(part))):
                known.setdefault(sha256, set()).add(path)
    return known


def _sort_out(files: Iterable[SourceFile], known: dict[str, set[str]]) -> tuple[list[SourceFile], list[SourceFile]]:
    contents: list[SourceFile] = []
    sightings: list[SourceFile] = []
    for file in files:
        if file.sha256 not in known:
            _check_complete(file)
            contents.append(file)
        elif file.path not in known[file.sha256]:
            sightings.append(file)
        known.setdefault(file.sha256, set()).add(file.path)
    return contents, sightings


def _check_complete(file: SourceFile) -> None:
    if file.kind is FileKind.ECG and (file.page is None) == (file.fault is None):
        raise LedgerError(file.path, "is a new ECG without a page or a fault, or with both", "read the page first")


def _write(connection: Connection, table: Any, values: list[dict[str, Any]]) -> None:
    if values:
        connection.execute(insert(table), values)


def _file_values(file: SourceFile, number: int, now: datetime) -> dict[str, Any]:
    return {
        "sha256": file.sha256,
        "path": file.path,
        "stem": naming.stem(file.path),
        "kind": file.kind,
        "size_bytes": file.size_bytes,
        "batch": number,
        "first_seen": now,
        "state": State.WAITING,
        **_page_values(file),
    }


def _page_values(file: SourceFile) -> dict[str, Any]:
    page = file.page
    return {
        **fault_values(file.fault),
        "ecg_format": page and page.ecg_format,
        "image_sha256": page and page.image_sha256,
        "image_path": page and page.image_path,
        "patient_id": page and page.patient_id,
        "ecg_date": page and page.ecg_date,
    }


def _sighting_values(file: SourceFile, number: int, now: datetime) -> dict[str, Any]:
    return {
        "sha256": file.sha256,
        "path": file.path,
        "stem": naming.stem(file.path),
        "batch": number,
        "seen": now,
    }


def _row_values(row: SourceRow, number: int, now: datetime) -> dict[str, Any]:
    return {
        "row_id": row.row_id,
        "table_sha256": row.table_sha256,
        "row": row.row,
        "batch": number,
        "first_seen": now,
        "state": State.WAITING,
        **fault_values(row.fault),
        "fault_effect": row.fault.effect.value if row.fault else None,
        **{name: row.cells.get(name) for name in CELLS},
    }


def fault_values(fault: Finding | None) -> dict[str, str | None]:
    """Return a fault as the columns of a file or row."""
    return {
        "fault_rule": fault.rule if fault else None,
        "fault_value": fault.value if fault else None,
        "fault_hint": fault.hint if fault else None,
    }

"""Writes a batch's new files and rows, as `waiting`; pairing decides afterwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from ecgcore.cmr.rules.finding import Finding
from ecgcore.errors import LedgerError
from ecgcore.ledger.db.tables import Batch, File, FileSighting, Row
from ecgcore.ledger.decide import naming
from ecgcore.ledger.decide.state import FileKind, State
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, SourceFile, SourceRow
from ecgcore.ledger.ingest.label_frame import CELLS
from ecgcore.ledger.ingest.page_caution import write_cautions
from ecgcore.ledger.ingest.sighting import (
    best_places,
    keep_left_path,
    known_paths,
    reopen,
    restore_returned,
    sighting_values,
)
from ecgcore.ledger.ingest.unread import refused_pages, to_record_anew


@dataclass(frozen=True, slots=True)
class Intake:
    """How much of a batch was new: its ordinal (None if nothing changed), contents, further paths of known ones, rows.

    ``reread`` counts the known contents that were read again, ``returned`` those that came back to a path of theirs
    which held another content since. These get an ordinal, too: what they bring into quarantine is this batch's.
    """

    number: int | None
    files: int = 0
    sightings: int = 0
    rows: int = 0
    reread: int = 0
    returned: int = 0


def take_in(connection: Connection, batch: IngestBatch, now: datetime) -> Intake:
    """Write what the ledger does not know yet, and nothing else.

    Raises:
        LedgerError: a new ECG comes without its page and without a fault, or the batch_id was used for another batch.
    """
    anew = {s: file for s, file in to_record_anew(connection, batch.files).items() if s in batch.again}
    reread = len(anew) + _read_again(connection, batch)
    known = known_paths(connection, [file.sha256 for file in batch.files])
    for sha256, file in anew.items():
        known[sha256].add(file.path)
    contents, sightings = _sort_out(batch.files, known)
    returned = restore_returned(connection, batch.files, now)
    if not (contents or sightings or reread or returned):
        return Intake(None)
    number = _new_number(connection, batch, now)
    left = sum(_record_anew(connection, file, number, now) for file in anew.values())
    rows = [row for row in batch.rows if row.table_sha256 in anew.keys() | {file.sha256 for file in contents}]
    _write(connection, File, [_file_values(file, number, now) for file in contents])
    write_cautions(connection, [*contents, *anew.values()])
    _write(connection, FileSighting, [sighting_values(f.sha256, f.path, number, now) for f in sightings])
    _write(connection, Row, [_row_values(row, number, now) for row in rows])
    reopen(connection, [file.sha256 for file in sightings])
    return Intake(number, len(contents), len(sightings) + left, len(rows), reread, returned)


def _new_number(connection: Connection, batch: IngestBatch, now: datetime) -> int:
    if connection.execute(select(Batch.number).where(Batch.batch_id == batch.batch_id)).first():
        raise LedgerError(f"batch {batch.batch_id}", "was recorded before with other content", "name each batch anew")
    number = (connection.execute(select(func.max(Batch.number))).scalar() or 0) + 1
    connection.execute(insert(Batch), {"number": number, "batch_id": batch.batch_id, "created": now})
    return number


def _read_again(connection: Connection, batch: IngestBatch) -> int:
    """Replace what the ledger holds of refused reports; an accepted page is never touched."""
    open_to_it = refused_pages(connection, batch.again)
    once = {f.sha256: f for f in batch.files if f.sha256 in open_to_it and f.kind is FileKind.ECG}
    for sha256, file in once.items():
        _check_complete(file)
        connection.execute(update(File).where(File.sha256 == sha256).values(**_page_values(file)))
    write_cautions(connection, once.values())
    return len(once)


def _record_anew(connection: Connection, file: SourceFile, number: int, now: datetime) -> int:
    """Replace a known content's record by what it is at another place; return how many sightings that adds."""
    _check_complete(file)
    left = keep_left_path(connection, file.sha256, file.path)
    connection.execute(update(File).where(File.sha256 == file.sha256).values(**_file_values(file, number, now)))
    return left


def _sort_out(files: Sequence[SourceFile], known: dict[str, set[str]]) -> tuple[list[SourceFile], list[SourceFile]]:
    best = best_places(files)
    contents = [best[sha256] for sha256 in best if sha256 not in known]
    for file in contents:
        _check_complete(file)
    fresh = {file.path for file in contents}
    sightings = [f for f in files if f.path not in fresh and f.path not in known.get(f.sha256, ())]
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
        "possible_dates": page and json.dumps([day.isoformat() for day in page.possible_dates]),
    }


def _row_values(row: SourceRow, number: int, now: datetime) -> dict[str, Any]:
    if strange := sorted(set(row.cells) - {"labels", *CELLS}):
        raise LedgerError(f"row {row.row_id}", f"has the unknown cell {strange[0]}", "labels go into `labels`, by name")
    return {
        "row_id": row.row_id,
        "table_sha256": row.table_sha256,
        "row": row.row,
        "batch": number,
        "first_seen": now,
        "state": State.WAITING,
        **fault_values(row.fault),
        "fault_effect": row.fault.effect.value if row.fault else None,
        "labels": json.dumps(row.cells.get("labels") or {}),
        **{name: row.cells.get(name) for name in CELLS},
    }


def fault_values(fault: Finding | None) -> dict[str, str | None]:
    """Return a fault as the columns of a file or row."""
    return {
        "fault_rule": fault.rule if fault else None,
        "fault_value": fault.value if fault else None,
        "fault_hint": fault.hint if fault else None,
    }

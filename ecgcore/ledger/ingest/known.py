"""Reads what pairing needs from the ledger."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from ecgcore.cmr.rules.finding import Effect, Finding, RowFault
from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import File, FileSighting, QuarantineEntry, Row, Study
from ecgcore.ledger.decide import naming
from ecgcore.ledger.decide.claim import SettledStudy
from ecgcore.ledger.decide.ecg_page import EcgPage, Sighting
from ecgcore.ledger.decide.label_row import LabelRow
from ecgcore.ledger.decide.pairing import Known
from ecgcore.ledger.decide.state import SETTLED, FileKind
from ecgcore.ledger.ingest.label_frame import CELLS
from ecgcore.reports.page.pdf_page import pdf_of

_ROW_FIELDS = ("row_id", "table_sha256", "row", "batch", "first_seen", *CELLS)


def open_rows(connection: Connection) -> list[LabelRow]:
    """Return every row that is neither accepted nor a duplicate, in order of arrival."""
    query = select(Row.__table__).where(Row.state.not_in(SETTLED)).order_by(Row.batch, Row.table_sha256, Row.row)
    return [label_row(record) for record in connection.execute(query)]


def label_row(record: Any) -> LabelRow:
    """Turn a record of the row table into a label row."""
    cells = {name: getattr(record, name) for name in _ROW_FIELDS}
    return LabelRow(**cells, labels=json.loads(record.labels), fault=_row_fault(record))


def _row_fault(record: Any) -> RowFault | None:
    if record.fault_rule is None:
        return None
    return RowFault(record.fault_rule, record.fault_value, record.fault_hint, Effect(record.fault_effect))


def open_pages(connection: Connection) -> list[EcgPage]:
    """Return every ECG that is in no accepted study and is no replaced duplicate."""
    return _pages(connection, [File.state.not_in(SETTLED)])


def _pages(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[EcgPage]:
    query = select(File.__table__, Study.study_id).join(Study, Study.file_sha256 == File.sha256, isouter=True)
    records = connection.execute(query.where(File.kind == FileKind.ECG, *conditions)).all()
    further = _sightings(connection, [record.sha256 for record in records])
    return [_page(record, further.get(record.sha256, [])) for record in records]


def _sightings(connection: Connection, sha256s: Sequence[str]) -> dict[str, list[Sighting]]:
    found: dict[str, list[Sighting]] = defaultdict(list)
    for part in chunks(sha256s):
        query = select(FileSighting).where(FileSighting.sha256.in_(part)).order_by(FileSighting.number)
        for record in connection.execute(query.with_only_columns(*FileSighting.__table__.columns)):
            found[record.sha256].append(Sighting(record.path, record.seen))
    return found


def _page(record: Any, further: Iterable[Sighting]) -> EcgPage:
    fault = record.fault_rule and Finding(record.fault_rule, record.fault_value, record.fault_hint)
    return EcgPage(
        sha256=record.sha256,
        sightings=(Sighting(record.path, record.first_seen), *further),
        ecg_format=record.ecg_format,
        image_sha256=record.image_sha256,
        image_path=record.image_path,
        patient_id=record.patient_id,
        ecg_date=record.ecg_date,
        fault=fault or None,
        study_id=record.study_id,
        possible_dates=tuple(date.fromisoformat(day) for day in json.loads(record.possible_dates or "[]")),
    )


def touching_studies(
    connection: Connection, pages: Sequence[EcgPage], rows: Sequence[LabelRow]
) -> tuple[SettledStudy, ...]:
    """Return the accepted studies that share a path, a study or a picture with open pages, or a name with open rows."""
    stems = {stem for row in rows if row.file_name for stem in naming.stored_stems(row.file_name)}
    ids = {row.study_id for row in rows if row.study_id}
    pictures = {page.image_sha256 for page in pages if page.image_sha256}
    found: dict[str, str] = {}
    for column, values in ((File.stem, stems), (Study.study_id, ids), (Study.image_sha256, pictures)):
        found |= _studies_where(connection, column, values)
    found |= _studies_sighted(connection, stems)
    paths = {sighting.path for page in pages for sighting in page.sightings}
    found |= _studies_at(connection, paths | {pdf_of(path) for path in paths})
    return _settled(connection, found)


def _studies_where(connection: Connection, column: Any, values: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in chunks(values):
        query = select(Study.file_sha256, Study.study_id).join(File, File.sha256 == Study.file_sha256)
        found |= dict(connection.execute(query.where(column.in_(part))).all())
    return found


def _studies_sighted(connection: Connection, stems: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in chunks(stems):
        query = select(Study.file_sha256, Study.study_id).join(FileSighting, FileSighting.sha256 == Study.file_sha256)
        found |= dict(connection.execute(query.where(FileSighting.stem.in_(part))).all())
    return found


def _studies_at(connection: Connection, paths: Collection[str]) -> dict[str, str]:
    """Find the studies whose report was seen at one of the paths; the index is on the stems."""
    found: dict[str, str] = {}
    for part in chunks({stem for path in paths for stem in naming.stored_stems(path)}):
        for table in (File, FileSighting):
            query = select(table.path, Study.file_sha256, Study.study_id).join(Study, Study.file_sha256 == table.sha256)
            records = connection.execute(query.where(table.stem.in_(part)))
            found |= {sha256: study_id for path, sha256, study_id in records if path in paths}
    return found


def _settled(connection: Connection, found: dict[str, str]) -> tuple[SettledStudy, ...]:
    pages = [page for part in chunks(found) for page in _pages(connection, [File.sha256.in_(part)])]
    evidence: dict[str, LabelRow] = {}
    for part in chunks(found):
        query = select(Row.__table__, Study.file_sha256).join(Study, Study.row_id == Row.row_id)
        for record in connection.execute(query.where(Study.file_sha256.in_(part))):
            evidence[record.file_sha256] = label_row(record)
    return tuple(SettledStudy(found[page.sha256], page, evidence[page.sha256]) for page in pages)


def known(connection: Connection, studies: tuple[SettledStudy, ...], rows: Iterable[LabelRow]) -> Known:
    """Return what pairing has to know besides the open pages and rows."""
    named = {row.entry for row in rows if row.entry}
    entries: dict[str, str] = {}
    for part in chunks(named):
        query = select(QuarantineEntry.entry_id, QuarantineEntry.subject)
        entries |= dict(connection.execute(query.where(QuarantineEntry.entry_id.in_(part))).all())
    return Known(studies, entries)

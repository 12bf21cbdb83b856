"""One ingest is one transaction: take in what is new, pair everything open, place studies, write every state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from ecgcore.data.split import Split
from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import Batch, File, Patient, Row, Study, TestSet
from ecgcore.ledger.decide.label_row import DETAILS, LabelRow
from ecgcore.ledger.decide.pairing import PAIR_DAYS, Pair, Pairing, pair
from ecgcore.ledger.decide.split import Place, Unplaced, assign
from ecgcore.ledger.decide.split_policy import SplitPolicy
from ecgcore.ledger.decide.state import State
from ecgcore.ledger.decide.verdict import Verdict
from ecgcore.ledger.ingest import known, quarantine
from ecgcore.ledger.ingest.counts import Counts, count
from ecgcore.ledger.ingest.ingest_batch import IngestBatch
from ecgcore.ledger.ingest.intake import Intake, take_in
from ecgcore.ledger.ingest.label import write_first_labels
from ecgcore.ledger.ingest.page_caution import unverified_files
from ecgcore.ledger.ingest.table_state import other_verdicts
from ecgcore.ledger.review import audit

_STATE_COLUMNS = ("state", "rule", "value", "hint")


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What an ingest brought and where everything stands.

    Args:
        batch_id: the ingest.
        new_files: contents that were new.
        new_duplicates: further paths of known contents.
        new_rows: label rows that were new.
        new_studies: studies accepted by this ingest, earlier files and rows included.
        reread: known contents that were read again: refused reports, files put to their right place.
        returned: contents that came back to a path of theirs which held another content since.
        brought: the files and rows of this ingest by state; None if nothing changed.
        ledger: everything by state.
    """

    batch_id: str
    new_files: int
    new_duplicates: int
    new_rows: int
    new_studies: int
    brought: Counts | None
    ledger: Counts
    reread: int = 0
    returned: int = 0


def record(
    connection: Connection, batch: IngestBatch, now: datetime, splits: SplitPolicy, pair_days: int = PAIR_DAYS
) -> BatchSummary:
    """Record a batch within the caller's write transaction. Recording it again changes nothing.

    Args:
        connection: holds the only write transaction.
        batch: what the inbox lists.
        now: the moment of the ingest, UTC.
        splits: what decides the splits of new studies.
        pair_days: days after which a waiting file or row is `unpaired`.
    """
    intake = take_in(connection, batch, now)
    number = intake.number or connection.execute(select(func.max(Batch.number))).scalar()
    accepted = 0 if number is None else _decide(connection, number, batch.batch_id, now, splits, pair_days)
    if intake.number is not None:
        _audit(connection, batch, intake, accepted, splits, now)
    brought = None if intake.number is None else count(connection, intake.number)
    return BatchSummary(
        batch_id=batch.batch_id,
        new_files=intake.files,
        new_duplicates=intake.sightings,
        new_rows=intake.rows,
        new_studies=accepted,
        brought=brought,
        ledger=count(connection),
        reread=intake.reread,
        returned=intake.returned,
    )


def _audit(
    connection: Connection, batch: IngestBatch, intake: Intake, accepted: int, splits: SplitPolicy, now: datetime
) -> None:
    detail: dict[str, object] = {
        "files": intake.files,
        "duplicates": intake.sightings,
        "rows": intake.rows,
        "studies": accepted,
        "splits": splits.name,
        "splits_sha256": splits.sha256,
    }
    if intake.reread:
        detail["read_again"] = intake.reread
    if intake.returned:
        detail["returned"] = intake.returned
    audit.record(connection, now, "ingest", batch.batch_id, detail)


def _decide(connection: Connection, number: int, actor: str, now: datetime, splits: SplitPolicy, pair_days: int) -> int:
    pages, rows = known.open_pages(connection), known.open_rows(connection)
    studies = known.touching_studies(connection, pages, rows)
    pairing = pair(
        [*pages, *(study.page for study in studies)], rows, known.known(connection, studies, rows), now, pair_days
    )
    places = _places(connection, pairing.pairs, splits)
    row_verdicts, file_verdicts = _with_places(pairing, places)
    accepted = [each for each in pairing.pairs if places[_study_id(each.row)].split is not None]
    _write_studies(connection, accepted, places, number, now)
    _write_states(connection, Row, Row.row_id, row_verdicts)
    others = other_verdicts(connection)
    _write_states(connection, File, File.sha256, file_verdicts | others)
    _write_disputes(connection, pairing.disputed, actor, now)
    faulty = {sha256: verdict for sha256, verdict in others.items() if verdict.by == ""}
    quarantine.synchronise(connection, row_verdicts, file_verdicts | faulty, number, now, f"batch {actor}")
    return len(accepted)


def _study_id(row: LabelRow) -> str:
    if row.study_id is None:
        raise ValueError(f"row {row.row_id} was paired without a study_id")
    return row.study_id


def _places(connection: Connection, pairs: Sequence[Pair], splits: SplitPolicy) -> dict[str, Place]:
    unverified = unverified_files(connection, [each.page.sha256 for each in pairs])
    unplaced = [_unplaced(each, each.page.sha256 in unverified) for each in pairs]
    patients: dict[str, Split] = {}
    for part in chunks({study.patient_id for study in unplaced}):
        query = select(Patient.patient_id, Patient.split).where(Patient.patient_id.in_(part))
        patients |= dict(connection.execute(query).all())
    locked = frozenset(connection.execute(select(TestSet.name)).scalars())
    return assign(unplaced, patients, locked, splits)


def _unplaced(each: Pair, unverified: bool) -> Unplaced:
    row, day = each.row, each.row.day
    if row.patient_id is None or day is None or each.page.ecg_format is None:
        raise ValueError(f"row {row.row_id} was paired without a patient, day or page")
    train, valid = row.train_80_percent == 1, row.develop_10_percent == 1
    kind = (day.year, each.page.ecg_format)
    return Unplaced(_study_id(row), row.patient_id, *kind, train, valid, row.split, unverified)


def _with_places(pairing: Pairing, places: Mapping[str, Place]) -> tuple[dict[str, Verdict], dict[str, Verdict]]:
    rows, files = dict(pairing.rows), dict(pairing.files)
    for each in pairing.pairs:
        place = places[_study_id(each.row)]
        if place.split is None:
            excluded = Verdict(State.EXCLUDED, place.finding, each.row.row_id)
            rows[each.row.row_id] = files[each.page.sha256] = excluded
    return rows, files


def _write_studies(
    connection: Connection, pairs: Sequence[Pair], places: Mapping[str, Place], number: int, now: datetime
) -> None:
    studies = [_study_values(each, places[_study_id(each.row)], number, now) for each in pairs]
    if not studies:
        return
    patients: dict[str, dict[str, Any]] = {}
    for study in sorted(studies, key=lambda values: values["year"]):
        patient = {name: study[name] for name in ("patient_id", "split")} | {"first_study_year": study["year"]}
        patients.setdefault(study["patient_id"], patient)
    for part in chunks(list(patients)):
        for patient_id in connection.execute(select(Patient.patient_id).where(Patient.patient_id.in_(part))).scalars():
            del patients[patient_id]
    if patients:
        connection.execute(insert(Patient), list(patients.values()))
    connection.execute(insert(Study), studies)
    write_first_labels(connection, [each.row for each in pairs], now)


def _study_values(each: Pair, place: Place, number: int, now: datetime) -> dict[str, Any]:
    page, row, day = each.page, each.row, each.row.day
    return {
        "study_id": row.study_id,
        "patient_id": row.patient_id,
        "day": day,
        "year": day.year if day else None,
        "file_sha256": page.sha256,
        "row_id": row.row_id,
        "ecg_format": page.ecg_format,
        "image_sha256": page.image_sha256,
        "image_path": page.image_path,
        "split": place.split,
        "test_set": place.test_set,
        "disputed": False,
        "batch": number,
        "accepted": now,
        **{name: getattr(row, name) for name in DETAILS},
    }


def _write_states(connection: Connection, table: Any, key: Any, verdicts: Mapping[str, Verdict]) -> None:
    """Update the subjects whose state or reason changed."""
    standing: dict[str, tuple[Any, ...]] = {}
    for part in chunks(verdicts):
        query = select(key, *(getattr(table, name) for name in _STATE_COLUMNS)).where(key.in_(part))
        standing |= {subject: tuple(rest) for subject, *rest in connection.execute(query)}
    changed = [
        {"subject": subject, **dict(zip(_STATE_COLUMNS, values, strict=True))}
        for subject, verdict in verdicts.items()
        if (values := _state_values(verdict)) != standing[subject]
    ]
    if changed:
        target = table.__table__
        connection.execute(update(target).where(target.c[key.name] == bindparam("subject")), changed)


def _state_values(verdict: Verdict) -> tuple[State, str | None, str | None, str | None]:
    finding = verdict.finding
    return (verdict.state, finding.rule, finding.value, finding.hint) if finding else (verdict.state, None, None, None)


def _write_disputes(connection: Connection, disputed: frozenset[str], actor: str, now: datetime) -> None:
    standing = set(connection.execute(select(Study.study_id).where(Study.disputed.is_(True))).scalars())
    for event, studies in ((audit.DISPUTED, disputed - standing), (audit.SETTLED, standing - disputed)):
        for part in chunks(sorted(studies)):
            values = {"disputed": event == audit.DISPUTED}
            connection.execute(update(Study).where(Study.study_id.in_(part)).values(**values))
            audit.record(connection, now, event, actor, {"studies": list(part)})

"""A label row as the ledger keeps it: typed cells of one line of a CMR table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ecgcore.cmr.rules.finding import RowFault
from ecgcore.cmr.sheet.columns import PERSON, detail_columns
from ecgcore.cmr.sheet.pattern import parse_pattern

DETAILS = (*PERSON, "impute")


@dataclass(frozen=True, slots=True)
class StudyKey:
    """What makes a study one: the patient's pseudonym and the day."""

    patient_id: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """One label row. Missing cells are None, never a negative value.

    Args:
        row_id: first 16 characters of the table's hash, a colon, the row's number.
        table_sha256: hash of the table file.
        row: row number as a spreadsheet shows it, from 1.
        batch: ordinal of the ingest that brought it; larger is later.
        first_seen: when it arrived, UTC.
        file_name: the ECG that it names: a base name or a path.
        study_id: pseudonym of patient and day; None if either is missing.
        run_num: the study's run number, as text.
        labels: by label, such as ``scar`` (0 or 1) and ``lvef_percent``; a missing one is not among them.
        age: years.
        train_80_percent: the study's training flag.
        develop_10_percent: the study's validation flag.
        split: the study's declared split (`old_train` and so on).
        entry: the quarantine entry that this row corrects, if it says so.
        raw: JSON of the original cells, hospital number replaced.
        fault: the validation rule that it broke, if any.
    """

    row_id: str
    table_sha256: str
    row: int
    batch: int
    first_seen: datetime
    file_name: str | None = None
    study_id: str | None = None
    patient_id: str | None = None
    cmr_date: date | None = None
    ecg_date: date | None = None
    year: int | None = None
    month: int | None = None
    run_num: str | None = None
    labels: Mapping[str, float] = field(default_factory=dict, hash=False)
    age: float | None = None
    female: int | None = None
    smoke: int | None = None
    diabetes: int | None = None
    hypertension: int | None = None
    dyslipidemia: int | None = None
    impute: int | None = None
    new_cut: int | None = None
    train_80_percent: int | None = None
    develop_10_percent: int | None = None
    split: str | None = None
    ecg_format: str | None = None
    entry: str | None = None
    raw: str = "{}"
    fault: RowFault | None = None

    @property
    def day(self) -> date | None:
        """The study's day: the ECG's date, or the CMR's where the former is missing."""
        return self.ecg_date or self.cmr_date

    @property
    def key(self) -> StudyKey | None:
        """The study that the row describes; None if patient or day is missing."""
        return StudyKey(self.patient_id, self.day) if self.patient_id and self.day else None

    @property
    def pattern(self) -> str | None:
        """The late-enhancement pattern that the row's own cell names, if it can be read."""
        return parse_pattern(str(json.loads(self.raw).get("pattern", "")))

    @property
    def order(self) -> tuple[int, str, int]:
        """Sorts rows by arrival."""
        return self.batch, self.table_sha256, self.row


def conflicts(one: LabelRow, other: LabelRow) -> tuple[str, ...]:
    """Name the columns in which two rows of one study disagree.

    A label that one row has and the other lacks is a disagreement; a label that only describes another, and a further
    column, is one only if both rows have it.
    """
    describing = detail_columns()
    labels = [n for n in _names(one, other) if n not in describing and one.labels.get(n) != other.labels.get(n)]
    details = [n for n in describing if _contradict(one.labels.get(n), other.labels.get(n))]
    further = (*DETAILS, "pattern")
    return (*labels, *details, *(name for name in further if _contradict(getattr(one, name), getattr(other, name))))


def _names(one: LabelRow, other: LabelRow) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one.labels, *other.labels)))


def _contradict(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def alternatives(rows: Sequence[LabelRow], columns: Iterable[str]) -> str:
    """Say what rows have in the columns in which they disagree: ``scar: 0 or 1; lvef_percent: 55 or empty``."""
    values = {name: sorted({_text(_cell(row, name)) for row in rows}) for name in columns}
    return "; ".join(f"{name}: {' or '.join(texts)}" for name, texts in values.items())


def _cell(row: LabelRow, name: str) -> object:
    """Return a label or a further column by its name; None where it is empty."""
    return getattr(row, name) if name in (*DETAILS, "pattern") else row.labels.get(name)


def _text(value: object) -> str:
    if value is None:
        return "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)

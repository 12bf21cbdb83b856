"""The columns of a label table: what a file may call them, and what the frame calls them.

A column name in a file matches in any case, with spaces around it, and with spaces or hyphens for underscores. The
labels are those of the catalogue of targets, and may be renamed on the way in: `scar_cad` becomes `scar`, `lvef`
becomes `lvef_percent`. `hn` becomes `patient_id`. No other name is known.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from ecgcore.targets.in_force import catalogue
from ecgcore.targets.label_column import Kind


class CellKind(StrEnum):
    """What a cell of a column holds once it is read."""

    TEXT = "text"
    WHOLE = "whole"  # an integer
    YEAR = "year"  # an integer too, of either era
    NUMBER = "number"
    FLAG = "flag"  # 0 or 1
    DAY = "day"
    PATTERN = "pattern"


HOSPITAL_NUMBER = "hn"
HN_FAULT = "hn_fault"  # the frame's column that says why a hospital number is none
REQUIRED = ("file_name", HOSPITAL_NUMBER, "cmr_date", "ecg_date")

_BEFORE_LABELS: dict[str, CellKind] = {
    "file_name": CellKind.TEXT,
    "year": CellKind.YEAR,
    "month": CellKind.WHOLE,
    "run_num": CellKind.WHOLE,
    "cmr_date": CellKind.DAY,
    "ecg_date": CellKind.DAY,
}
_AFTER_LABELS: dict[str, CellKind] = {
    "age": CellKind.NUMBER,
    "female": CellKind.FLAG,
    "smoke": CellKind.FLAG,
    "diabetes": CellKind.FLAG,
    "hypertension": CellKind.FLAG,
    "dyslipidemia": CellKind.FLAG,
    "impute": CellKind.FLAG,
    "new_cut": CellKind.FLAG,
    "train_80_percent": CellKind.FLAG,
    "develop_10_percent": CellKind.FLAG,
    "split": CellKind.TEXT,
    "ecg_format": CellKind.TEXT,
    "pattern": CellKind.PATTERN,
    "entry": CellKind.TEXT,
}
STEWARD = ("source_table", "source_row", "rule", "value", "hint", "entry")
"""What quarantine_csv puts before a table's own columns."""

# the frame's columns by what they are about
SCAR_TYPES = ("subendocardial_scar", "transmural_scar")
PERSON = ("age", "female", "smoke", "diabetes", "hypertension", "dyslipidemia")

_CELL_KINDS = {Kind.BINARY: CellKind.FLAG, Kind.NUMBER: CellKind.NUMBER}
_PATIENT = "patient_id"


def kinds() -> dict[str, CellKind]:
    """Return the kind of each column that a label table may have besides `hn`, by its name there, in table order."""
    labels = {column.written: _CELL_KINDS[column.kind] for column in catalogue().columns}
    return _BEFORE_LABELS | labels | _AFTER_LABELS


def written_labels() -> tuple[str, ...]:
    """Return what tables call the labels, of which a table has at least one."""
    return tuple(column.written for column in catalogue().labels)


def label_columns() -> tuple[str, ...]:
    """Return what the frame calls the labels, of which a row has at least one."""
    return tuple(column.key for column in catalogue().labels)


def detail_columns() -> tuple[str, ...]:
    """Return what the frame calls the labels that only describe another."""
    return tuple(column.key for column in catalogue().details)


def normalise_name(name: str) -> str:
    """Return a column name as it is compared: lower case, trimmed, spaces and hyphens as one underscore.

    Characters that format text and show nothing, such as a byte order mark or a soft hyphen, are left out.
    """
    visible = "".join(c for c in name if unicodedata.category(c) != "Cf")
    return re.sub(r"[\s\-_]+", "_", visible.strip().lower())


def frame_name(column: str) -> str:
    """Return what the frame calls a table's column."""
    if column == HOSPITAL_NUMBER:
        return _PATIENT
    return next((label.key for label in catalogue().columns if label.written == column), column)


def table_name(column: str) -> str:
    """Return what a table calls a frame's column."""
    if column == _PATIENT:
        return HOSPITAL_NUMBER
    return next((label.written for label in catalogue().columns if label.key == column), column)


def flag_columns() -> tuple[str, ...]:
    """Return the frame's 0/1 columns that are no label, in table order."""
    return tuple(c for c, kind in _AFTER_LABELS.items() if kind is CellKind.FLAG)


def whole_columns() -> tuple[str, ...]:
    """Return the frame's integer columns, in table order."""
    return tuple(c for c, kind in _BEFORE_LABELS.items() if kind in {CellKind.WHOLE, CellKind.YEAR})

"""The columns of a label table: what a file may call them, and what the frame calls them.

A column name in a file matches in any case, with spaces around it, and with spaces or hyphens for underscores. Two
columns are renamed on the way in: `scar_cad` becomes `scar`, `lvef` becomes `lvef_percent`. `hn` becomes `patient_id`.
No other name is known.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


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
REQUIRED = ("file_name", HOSPITAL_NUMBER, "cmr_date", "ecg_date")
LABELS = ("scar_cad", "lvef")  # at least one of them

KINDS: dict[str, CellKind] = {
    "file_name": CellKind.TEXT,
    "year": CellKind.YEAR,
    "month": CellKind.WHOLE,
    "run_num": CellKind.WHOLE,
    "cmr_date": CellKind.DAY,
    "ecg_date": CellKind.DAY,
    "scar_cad": CellKind.FLAG,
    "lvef": CellKind.NUMBER,
    "subendocardial_scar": CellKind.FLAG,
    "transmural_scar": CellKind.FLAG,
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
STEWARD = ("rule", "value", "hint", "entry")  # what quarantine_csv puts before a table's own columns

# the frame's columns by what they are about
TARGETS = ("scar", "lvef_percent")
SCAR_TYPES = ("subendocardial_scar", "transmural_scar")
PERSON = ("age", "female", "smoke", "diabetes", "hypertension", "dyslipidemia")

_RENAMED = {"scar_cad": "scar", "lvef": "lvef_percent", HOSPITAL_NUMBER: "patient_id"}
_ORIGINAL = {new: old for old, new in _RENAMED.items()}


def normalise_name(name: str) -> str:
    """Return a column name as it is compared: lower case, trimmed, spaces and hyphens as one underscore.

    Characters that format text and show nothing, such as a byte order mark or a soft hyphen, are left out.
    """
    visible = "".join(c for c in name if unicodedata.category(c) != "Cf")
    return re.sub(r"[\s\-_]+", "_", visible.strip().lower())


def frame_name(column: str) -> str:
    """Return what the frame calls a table's column."""
    return _RENAMED.get(column, column)


def table_name(column: str) -> str:
    """Return what a table calls a frame's column."""
    return _ORIGINAL.get(column, column)


def flag_columns() -> tuple[str, ...]:
    """Return the frame's 0/1 columns other than scar, in table order."""
    return tuple(frame_name(c) for c, kind in KINDS.items() if kind is CellKind.FLAG and c != "scar_cad")


def whole_columns() -> tuple[str, ...]:
    """Return the frame's integer columns, in table order."""
    return tuple(c for c, kind in KINDS.items() if kind in {CellKind.WHOLE, CellKind.YEAR})

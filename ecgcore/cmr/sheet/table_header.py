"""The first line of a label table: does it hold column names, those that are needed, and each of them once?"""

from __future__ import annotations

from collections import Counter

from ecgcore.cmr.sheet.cell import shown
from ecgcore.cmr.sheet.columns import HOSPITAL_NUMBER, REQUIRED, STEWARD, kinds, normalise_name, written_labels
from ecgcore.cmr.sheet.misspelt import deciding_columns, lookalike
from ecgcore.errors import TableError

_OF_A_TABLE = {HOSPITAL_NUMBER, "file_name"}


def known_columns() -> frozenset[str]:
    """Return every name that a column of a label table may have."""
    return frozenset({HOSPITAL_NUMBER, *kinds(), *STEWARD})


def names_a_table(cells: tuple[str, ...]) -> bool:
    """Tell whether a line of cells is the header of a label table: it holds ``hn`` and ``file_name``."""
    return {normalise_name(cell) for cell in cells} >= _OF_A_TABLE


def check_header(name: str, header: tuple[str, ...]) -> None:
    """Check a table's first line.

    Raises:
        TableError: it does not hold column names, holds one twice, lacks one that every label table has, or has one
            that looks like a label or exclusion column which it lacks.
    """
    columns = tuple(map(normalise_name, header))
    if not known_columns() & set(columns):
        hint = f"remove titles and `sep=` lines above the column names; put {', '.join(REQUIRED)} into the first line"
        raise TableError(name, "the first line is not the column names", hint)
    _check_once(name, columns)
    _check_required(name, columns)
    _check_spelling(name, header)
    _check_labels(name, columns)


def _check_once(name: str, columns: tuple[str, ...]) -> None:
    twice = sorted(c for c, count in Counter(columns).items() if c and count > 1)
    if twice:
        raise TableError(name, f"has the column {twice[0]} twice", "keep one of them")


def _check_required(name: str, columns: tuple[str, ...]) -> None:
    missing = [c for c in REQUIRED if c not in columns]
    if missing:
        raise TableError(
            name, f"lacks the column {', '.join(missing)}", f"put {', '.join(REQUIRED)} into its first line"
        )


def _check_spelling(name: str, header: tuple[str, ...]) -> None:
    known = known_columns()
    unknown = [written for written in header if normalise_name(written) not in known]
    absent = deciding_columns().keys() - set(map(normalise_name, header))
    if found := lookalike(unknown, absent):
        written, column = found
        hint = f"rename it to {column}; if it is something else, add an empty column {column}"
        raise TableError(name, f"has no column {column} but one that looks like it, `{shown(written)}`", hint)


def _check_labels(name: str, columns: tuple[str, ...]) -> None:
    labels = written_labels()
    if not set(labels) & set(columns):
        raise TableError(name, f"has no label column, neither {' nor '.join(labels)}", "add at least one of them")

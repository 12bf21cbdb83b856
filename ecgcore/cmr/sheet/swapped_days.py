"""Days whose day and month a spreadsheet may have swapped.

A spreadsheet of another country that opens day/month/year makes a day of 3/4/2018 with day and month swapped, and
leaves 25/06/2018, which it cannot read, as text. Nothing in a cell tells that its day is wrong; only its column does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ecgcore.cmr.sheet.cell import DayText
from ecgcore.cmr.sheet.columns import CellKind, kinds
from ecgcore.cmr.sheet.sheet import NumberedCells
from ecgcore.errors import TableError

_WRITTEN = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.](?:[0-9]{4}|[0-9]{2})(?![0-9]).*", re.DOTALL)
_HELD = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2})")
_HELD_IN_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]00:00:00(?:\.0+)?")  # a day cell in a CSV
_MONTHS = 12
_MOST_NAMED = 10


def check_days(name: str, columns: Sequence[str], lines: Iterable[NumberedCells]) -> None:
    """Refuse a column that holds days of the spreadsheet's own, which may be swapped, beside such days as text.

    Args:
        name: of the file.
        columns: the table's normalised column names.
        lines: below the header.

    Raises:
        TableError: with the column and its rows.
    """
    lines = tuple(lines)
    known = kinds()
    for i, column in enumerate(columns):
        if known.get(column) is CellKind.DAY:
            _check_column(name, column, [(row, cells[i]) for row, cells in lines])


def _check_column(name: str, column: str, cells: Sequence[tuple[int, str]]) -> None:
    left = [row for row, cell in cells if not _is_held(cell) and _is_one_sided(cell)]
    swapped = [row for row, cell in cells if _is_held(cell) and _may_be_swapped(cell)]
    if left and swapped:
        rule = (
            f"day and month may be swapped in its column {column}: rows {_listed(swapped)} hold days that a "
            f"spreadsheet made, rows {_listed(left)} days that it left as text"
        )
        hint = "fill the column anew from its source, every day as yyyy-mm-dd in a cell formatted as text"
        raise TableError(name, rule, hint)


def _is_held(cell: str) -> bool:
    return isinstance(cell, DayText) or _HELD_IN_TEXT.fullmatch(cell) is not None


def _is_one_sided(cell: str) -> bool:
    """Tell whether a text is a day in figures that can be read in one order only."""
    found = _WRITTEN.fullmatch(cell)
    return found is not None and (int(found[1]) > _MONTHS) != (int(found[2]) > _MONTHS)


def _may_be_swapped(cell: str) -> bool:
    found = _HELD.match(cell)
    return found is not None and found[1] != found[2] and int(found[2]) <= _MONTHS


def _listed(rows: Sequence[int]) -> str:
    more = len(rows) - _MOST_NAMED
    return ", ".join(map(str, rows[:_MOST_NAMED])) + (f" and {more} more" if more > 0 else "")

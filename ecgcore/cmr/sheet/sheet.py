"""A label table as text: a header and numbered lines of cells, whether it came from a CSV or a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from ecgcore.cmr.sheet.table_header import check_header
from ecgcore.cmr.sheet.table_limits import TableLimits
from ecgcore.counted import counted
from ecgcore.errors import TableError

NumberedCells = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cells as a spreadsheet shows them.

    Args:
        header: the first line, as it is written.
        lines: line number (from 1, the header is 1) and cells; as many cells as the header has; lines without any
            content are left out.
        other_sheets: places, from 1, of the workbook's other worksheets that hold anything.
        hidden_rows: numbers of the lines that a spreadsheet hides, or a filter of it.
        struck_rows: numbers of the lines with text that is struck through.
        hidden_columns: names of the columns that a spreadsheet hides.
    """

    header: tuple[str, ...]
    lines: tuple[NumberedCells, ...]
    other_sheets: tuple[int, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    struck_rows: tuple[int, ...] = ()
    hidden_columns: tuple[str, ...] = ()


def build_sheet(name: str, lines: Iterator[NumberedCells], limits: TableLimits) -> Sheet:
    """Collect lines into a sheet, within its limits.

    Args:
        name: of the file.
        lines: every line with every cell, empty ones too.
        limits: of the table.

    Raises:
        TableError: no header or a wrong one, too many lines or columns, a cell too long, a line with more or fewer
            cells than the first, or with one that no column is above.
    """
    first = next(lines, None)
    if first is None or not any(first[1]):
        raise TableError(name, "holds no header line", "put the column names into the first line")
    filled = _bounded(name, (line for line in chain([first], lines) if any(line[1])), limits)
    header = _trimmed(next(filled)[1])
    check_header(name, header)
    return Sheet(header, tuple((row, _fitted(name, row, cells, header, len(first[1]))) for row, cells in filled))


def _bounded(name: str, lines: Iterable[NumberedCells], limits: TableLimits) -> Iterator[NumberedCells]:
    for count, (row, cells) in enumerate(lines, start=1):
        if count > limits.rows:
            raise TableError(name, f"holds more than {limits.rows} lines", "split the table into smaller ones")
        if len(_trimmed(cells)) > limits.columns:
            raise TableError(
                name, f"line {row} has more than {limits.columns} columns", "keep the table's own columns only"
            )
        if max(map(len, cells)) > limits.cell_chars:
            raise TableError(name, f"line {row} has a cell of more than {limits.cell_chars} characters", "shorten it")
        yield row, cells


def _fitted(name: str, row: int, cells: tuple[str, ...], header: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Return the cells below the header. A line of another width may be a shifted one: 49,1 for 49.1."""
    if len(cells) != width:
        hint = (
            "write one cell per column, empty ones too, quote cells that hold the delimiter, and write decimals with a "
            "point; or save the table as XLSX"
        )
        raise TableError(name, f"line {row} has {counted(len(cells), 'cell')}, the header {width}", hint)
    if any(cells[len(header) :]):
        hint = "remove notes beside the table, or give their column a name"
        raise TableError(name, f"cells stand right of the last column in line {row}", hint)
    return cells[: len(header)]


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    width = max((i for i, cell in enumerate(cells, start=1) if cell), default=0)
    return cells[:width]

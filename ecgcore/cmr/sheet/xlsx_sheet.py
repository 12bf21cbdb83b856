"""XLSX bytes -> sheet: the values of the one worksheet with a label table, as a spreadsheet shows them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from ecgcore.cmr.sheet.cell import DayText
from ecgcore.cmr.sheet.marks import SheetMarks, is_struck, read_marks, struck_styles
from ecgcore.cmr.sheet.sheet import NumberedCells, Sheet, build_sheet
from ecgcore.cmr.sheet.strict import transitional
from ecgcore.cmr.sheet.table_header import names_a_table
from ecgcore.cmr.sheet.table_limits import TableLimits
from ecgcore.cmr.sheet.visible import unescaped, visible
from ecgcore.errors import TableError

UNCOMPUTED = "(formula without a value)"  # parses as nothing, so that a rule catches it
_FORMULA = re.compile(rb"<(?:[^\s<>/:]{1,64}:)?f[\s/>]")  # whatever prefix the namespace has
_LONGEST_TAG = 80
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16, in which the tag is not looked for
_LOCAL_DAYS = frozenset((*range(27, 37), *range(50, 59), *range(71, 82)))
"""Formats of days and times that East Asian and Thai spreadsheets have built in, so that no file defines them."""

_ZERO_PADDED = re.compile(r"0{2,}")
_MAX_EXACT = 10**15
_CHUNK = 2**20
_TOP = 20  # lines in which a worksheet shows whether it holds a table


def read_xlsx_sheet(name: str, content: bytes, limits: TableLimits) -> Sheet:
    """Read the worksheet that holds the label table; a formula counts as its stored value.

    Raises:
        TableError: not a workbook, without a worksheet, with several label tables or a hidden one, or what
            :func:`ecgcore.cmr.sheet.sheet.build_sheet` refuses.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(name, archive, limits)
            content = transitional(content, archive)
        return _read(name, content, limits)
    except TableError:
        raise
    except Exception as e:  # openpyxl lets a dozen kinds through on a broken workbook
        raise TableError(
            name, f"is not a readable workbook ({type(e).__name__})", "save it again as XLSX or CSV"
        ) from e


def _read(name: str, content: bytes, limits: TableLimits) -> Sheet:
    width = limits.columns + 1
    book = _workbook(content, values=True)
    tabs = book.worksheets
    tops = [list(_rows(tab, width, _TOP)) for tab in tabs]
    chosen = _table_among(name, tabs, tops)
    part = tabs[chosen]._worksheet_path
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        marks, has_formulas = read_marks(archive, part), _contains_formula(archive, part)
    sources = _rows(_workbook(content, values=False).worksheets[chosen], width) if has_formulas else iter(())
    rows = _with_struck(_rows(tabs[chosen], width), struck_styles(book), marks)
    sheet = build_sheet(name, _lines(rows, sources), limits)
    filled = [i for i, top in enumerate(tops) if any(cell.value is not None for row in top for cell in row)]
    return replace(_marked(sheet, marks), other_sheets=tuple(i + 1 for i in filled if i != chosen))


def _workbook(content: bytes, values: bool) -> Any:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False, rich_text=True)
    book._date_formats |= {i for i, style in enumerate(book._cell_styles) if style.numFmtId in _LOCAL_DAYS}
    return book


def _with_struck(
    rows: Iterator[tuple[Any, ...]], styles: frozenset[int], marks: SheetMarks
) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows, start=1):
        if any(is_struck(cell, styles) for cell in row):
            marks.struck_rows.add(number)
        yield row


def _marked(sheet: Sheet, marks: SheetMarks) -> Sheet:
    numbers = [row for row, _ in sheet.lines]
    return replace(
        sheet,
        hidden_rows=tuple(row for row in numbers if row in marks.hidden_rows),
        struck_rows=tuple(row for row in numbers if row in marks.struck_rows),
        hidden_columns=tuple(name for i, name in enumerate(sheet.header, 1) if name and i in marks.hidden_columns),
    )


def _rows(tab: Any, width: int, last: int | None = None) -> Iterator[tuple[Any, ...]]:
    tab.reset_dimensions()  # a file may state a size that it does not have
    yield from tab.iter_rows(max_col=width, max_row=last)


def _table_among(name: str, tabs: Sequence[Any], tops: Sequence[Sequence[tuple[Any, ...]]]) -> int:
    """Return the place of the only worksheet with a label table; of the first one if there is none."""
    if not tabs:
        raise TableError(name, "has no worksheet", "put the table into a worksheet")
    tables = [i for i, top in enumerate(tops) if any(names_a_table(_texts(row)) for row in top)]
    if len(tables) > 1:
        places = ", ".join(str(i + 1) for i in tables)
        hint = "save each sheet as a file of its own, and delete old copies, hidden ones too"
        raise TableError(name, f"holds {len(tables)} label tables, in its sheets {places}", hint)
    if tables and tabs[tables[0]].sheet_state != "visible":
        hint = "unhide the sheet if it is the right table, else put the right one in its place"
        raise TableError(name, "its only label table is in a hidden sheet", hint)
    return tables[0] if tables else 0


def _check_size(name: str, archive: zipfile.ZipFile, limits: TableLimits) -> None:
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > limits.unpacked_bytes:
        rule = f"unpacks to {unpacked} bytes, more than {limits.unpacked_bytes}"
        raise TableError(name, rule, "split the table into smaller ones")


def _contains_formula(archive: zipfile.ZipFile, part: str) -> bool:
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if _FORMULA.search(tail + chunk) or chunk.startswith(_WIDE_MARKS):
                return True
            tail = chunk[-_LONGEST_TAG:]
    return False


def _lines(rows: Iterator[tuple[Any, ...]], sources: Iterator[tuple[Any, ...]]) -> Iterator[NumberedCells]:
    for row, cells in enumerate(rows, start=1):
        yield row, _texts(cells, next(sources, ()))


def _texts(cells: tuple[Any, ...], sources: tuple[Any, ...] = ()) -> tuple[str, ...]:
    texts = [cell_text(cell.value, getattr(cell, "number_format", "")) for cell in cells]
    for i, (cell, source) in enumerate(zip(cells, sources, strict=False)):
        if source.data_type == "f" and _uncomputed(cell):
            texts[i] = UNCOMPUTED
    return tuple(texts)


def _uncomputed(cell: Any) -> bool:
    """Tell whether a formula's cell stores no result; openpyxl shows an empty text, which is one, by its type only."""
    return cell.value is None and cell.data_type != "str"


def cell_text(value: object, number_format: str = "") -> str:
    """Return a cell's value as text: 55.0 is ``55``, a day is ISO, a number format of zeros keeps leading zeros."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return DayText(value.date().isoformat() if value.time() == time() else value.isoformat(" "))
    if isinstance(value, date | time | timedelta):
        return DayText(value if isinstance(value, timedelta) else value.isoformat())
    if isinstance(value, int | float):
        return _number_text(value, number_format)
    return visible(unescaped(str(value)))


def _number_text(value: float, number_format: str) -> str:
    if value != int(value) or abs(value) >= _MAX_EXACT:
        return repr(value) if isinstance(value, float) else f"{value:.9e}"
    digits = str(int(value))
    return digits.zfill(len(number_format)) if _ZERO_PADDED.fullmatch(number_format) else digits

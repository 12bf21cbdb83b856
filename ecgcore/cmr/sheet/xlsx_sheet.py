"""XLSX bytes -> sheet: the values of the one worksheet with a label table, as a spreadsheet shows them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from ecgcore.cmr.sheet.sheet import NumberedCells, Sheet, build_sheet
from ecgcore.cmr.sheet.table_header import names_a_table
from ecgcore.cmr.sheet.table_limits import TableLimits
from ecgcore.errors import TableError

UNCOMPUTED = "(formula without a value)"  # parses as nothing, so that a rule catches it
_FORMULA = re.compile(rb"<f[ />]")
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
            has_formulas = _has_formulas(archive)
        return _read(name, content, has_formulas, limits)
    except TableError:
        raise
    except Exception as e:  # openpyxl lets a dozen kinds through on a broken workbook
        raise TableError(
            name, f"is not a readable workbook ({type(e).__name__})", "save it again as XLSX or CSV"
        ) from e


def _read(name: str, content: bytes, has_formulas: bool, limits: TableLimits) -> Sheet:
    width = limits.columns + 1
    tabs = _worksheets(content, values=True)
    tops = [list(_rows(tab, width, _TOP)) for tab in tabs]
    chosen = _table_among(name, tabs, tops)
    sources = _rows(_worksheets(content, values=False)[chosen], width) if has_formulas else iter(())
    sheet = build_sheet(name, _lines(_rows(tabs[chosen], width), sources), limits)
    filled = [i for i, top in enumerate(tops) if any(cell.value is not None for row in top for cell in row)]
    return replace(sheet, other_sheets=tuple(i + 1 for i in filled if i != chosen))


def _worksheets(content: bytes, values: bool) -> list[Any]:
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False).worksheets


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


def _has_formulas(archive: zipfile.ZipFile) -> bool:
    parts = [part for part in archive.namelist() if part.startswith("xl/worksheets/")]
    return any(_contains_formula(archive, part) for part in parts)


def _contains_formula(archive: zipfile.ZipFile, part: str) -> bool:
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if _FORMULA.search(tail + chunk):
                return True
            tail = chunk[-2:]
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
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number_text(value, number_format)
    return str(value).strip()


def _number_text(value: float, number_format: str) -> str:
    if value != int(value) or abs(value) >= _MAX_EXACT:
        return repr(value) if isinstance(value, float) else f"{value:.9e}"
    digits = str(int(value))
    return digits.zfill(len(number_format)) if _ZERO_PADDED.fullmatch(number_format) else digits

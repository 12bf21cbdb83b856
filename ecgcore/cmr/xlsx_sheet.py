"""XLSX bytes -> sheet: the first worksheet's values, as a spreadsheet shows them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from ecgcore.cmr.sheet import NumberedCells, Sheet, build_sheet
from ecgcore.cmr.table_limits import TableLimits
from ecgcore.errors import TableError

UNCOMPUTED = "(formula without a value)"  # parses as nothing, so that a rule catches it
_FORMULA = re.compile(rb"<f[ />]")
_ZERO_PADDED = re.compile(r"0{2,}")
_MAX_EXACT = 10**15
_CHUNK = 2**20


def read_xlsx_sheet(name: str, content: bytes, limits: TableLimits) -> Sheet:
    """Read the first worksheet; a formula counts as its stored value.

    Raises:
        TableError: not a workbook, without a worksheet, or beyond the limits, unpacked size included.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_size(name, archive, limits)
            has_formulas = _has_formulas(archive)
        return build_sheet(name, _lines(name, content, has_formulas, limits), limits)
    except TableError:
        raise
    except Exception as e:  # openpyxl lets a dozen kinds through on a broken workbook
        raise TableError(
            name, f"is not a readable workbook ({type(e).__name__})", "save it again as XLSX or CSV"
        ) from e


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


def _lines(name: str, content: bytes, has_formulas: bool, limits: TableLimits) -> Iterator[NumberedCells]:
    width = limits.columns + 1
    formulas = _rows(name, content, width, values=False) if has_formulas else iter(())
    for row, cells in enumerate(_rows(name, content, width, values=True), start=1):
        yield row, _texts(cells, next(formulas, ()))


def _rows(name: str, content: bytes, width: int, values: bool) -> Iterator[tuple[Any, ...]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False)
    if not book.worksheets:
        raise TableError(name, "has no worksheet", "put the table into the first worksheet")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # a file may state a size that it does not have
    yield from sheet.iter_rows(max_col=width)
    book.close()


def _texts(cells: tuple[Any, ...], sources: tuple[Any, ...]) -> tuple[str, ...]:
    texts = [cell_text(cell.value, getattr(cell, "number_format", "")) for cell in cells]
    for i, source in enumerate(sources):
        if not texts[i] and source.value is not None:
            texts[i] = UNCOMPUTED
    return tuple(texts)


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

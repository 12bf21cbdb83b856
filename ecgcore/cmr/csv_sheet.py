"""CSV bytes -> sheet. The delimiter and the encoding are found, not configured."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ecgcore.cmr.columns import HOSPITAL_NUMBER, KINDS, normalise_name
from ecgcore.cmr.sheet import NumberedCells, Sheet, build_sheet
from ecgcore.cmr.table_limits import TableLimits
from ecgcore.errors import TableError

DELIMITERS = (",", ";", "\t")
ENCODINGS = ("utf-8-sig", "cp874")  # with or without a byte order mark; the Thai code page of older spreadsheets


def read_csv_sheet(name: str, content: bytes, limits: TableLimits) -> Sheet:
    """Read a CSV.

    Raises:
        TableError: not text, broken quoting, cut off in its last line, or beyond the limits.
    """
    text = _decode(name, content)
    delimiter = _delimiter(text)
    sheet = build_sheet(name, _lines(name, text, delimiter), limits)
    _check_complete(name, text, delimiter, sheet)
    return sheet


def _decode(name: str, content: bytes) -> str:
    if b"\0" not in content:
        for encoding in ENCODINGS:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise TableError(name, "is not text in UTF-8 or the Thai code page 874", "save it as `CSV UTF-8` or as XLSX")


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").partition("\n")[0]
    return max(DELIMITERS, key=lambda d: (_known_columns(first.split(d)), first.count(d)))


def _known_columns(cells: list[str]) -> int:
    names = {normalise_name(cell.strip().strip('"')) for cell in cells}
    return len(names & {HOSPITAL_NUMBER, *KINDS})


def _lines(name: str, text: str, delimiter: str) -> Iterator[NumberedCells]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row, cells in enumerate(reader, start=1):
            yield row, tuple(cell.strip() for cell in cells)
    except csv.Error as e:
        hint = "check the quotes around that line, or save the table as XLSX"
        raise TableError(name, f"breaks off near line {reader.line_num} ({e})", hint) from e


def _check_complete(name: str, text: str, delimiter: str, sheet: Sheet) -> None:
    """Refuse a last line with neither all its cells nor a line end: an upload cut off could turn 55 into 5."""
    last = text.rpartition("\n")[2]
    if last.strip() and last.count(delimiter) < len(sheet.header) - 1 and not text.endswith(("\n", "\r")):
        raise TableError(name, "is cut off in its last line", "copy the whole file again")

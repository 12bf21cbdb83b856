"""CSV bytes -> sheet. The delimiter and the encoding are found, not configured."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from ecgcore.cmr.sheet.columns import HOSPITAL_NUMBER, CellKind, kinds, normalise_name
from ecgcore.cmr.sheet.sheet import NumberedCells, Sheet, build_sheet
from ecgcore.cmr.sheet.table_limits import TableLimits
from ecgcore.cmr.sheet.visible import visible
from ecgcore.errors import TableError

DELIMITERS = (",", ";", "\t", "|", "^")
ENCODINGS = ("utf-8-sig", "cp874")  # with or without a byte order mark; the Thai code page of older spreadsheets
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # a spreadsheet's `Unicode text` is UTF-16
_OF_A_TABLE = (re.compile(r"\bhn\b", re.IGNORECASE), re.compile(r"\bfile[ _-]?name\b", re.IGNORECASE))
_LINE_ENDS = ("\n", "\r")
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')  # keeps a spreadsheet from reading 0012 as 12


def read_csv_sheet(name: str, content: bytes, limits: TableLimits) -> Sheet:
    """Read a CSV.

    Raises:
        TableError: not text, broken quoting, perhaps cut off in its last line, or what
            :func:`ecgcore.cmr.sheet.sheet.build_sheet` refuses.
    """
    text = _decode(name, content)
    delimiter = _delimiter(name, text)
    _check_complete(name, text, delimiter)
    return build_sheet(name, _lines(name, text, delimiter), limits)


def _decode(name: str, content: bytes) -> str:
    wide = content.startswith(_WIDE_MARKS)
    if wide or b"\0" not in content:
        for encoding in ("utf-16",) if wide else ENCODINGS:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise TableError(name, "is not text in UTF-8 or the Thai code page 874", "save it as `CSV UTF-8` or as XLSX")


def _delimiter(name: str, text: str) -> str:
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=lambda d: (_known_columns(first.split(d)), first.count(d)))
    if _known_columns(first.split(delimiter)) < len(_OF_A_TABLE) and all(word.search(first) for word in _OF_A_TABLE):
        hint = "save it with commas, semicolons, tabs or | between the columns, or as XLSX"
        raise TableError(name, "its columns are separated in a way that is not known", hint)
    return delimiter


def _known_columns(cells: list[str]) -> int:
    names = {normalise_name(cell.strip().strip('"')) for cell in cells}
    return len(names & {HOSPITAL_NUMBER, *kinds()})


def _lines(name: str, text: str, delimiter: str) -> Iterator[NumberedCells]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row, cells in enumerate(reader, start=1):
            yield row, tuple(map(_cell, cells))
    except csv.Error as e:
        hint = "check the quotes around that line, or save the table as XLSX"
        raise TableError(name, f"breaks off near line {reader.line_num} ({e})", hint) from e


def _cell(written: str) -> str:
    cell = visible(written)
    kept = _KEPT_AS_TEXT.fullmatch(cell)
    return kept[1].strip() if kept else cell


def _check_complete(name: str, text: str, delimiter: str) -> None:
    """Refuse a last line without a line end, unless its last cell is whole for certain: 5 may be what is left of 55."""
    lines = text.replace("\r", "\n").strip("\n")
    first, last = lines.partition("\n")[0], lines.rpartition("\n")[2]
    if text.endswith(_LINE_ENDS) or last == first or not last.strip(f"{delimiter} "):
        return
    if last.count(delimiter) < first.count(delimiter):
        raise TableError(name, "is cut off in its last line", "copy the whole file again")
    column, cell = (line.rpartition(delimiter)[2].strip() for line in (first, last))
    if not _is_whole(normalise_name(column.strip('"')), cell):
        hint = "copy the whole file again; if it is whole, end its last line with a line break"
        raise TableError(name, "may be cut off in its last cell: the last line has no line end", hint)


def _is_whole(column: str, cell: str) -> bool:
    known = kinds()
    flag = known.get(column) is CellKind.FLAG and cell in {"0", "1"}
    return column not in {HOSPITAL_NUMBER, *known} or cell.endswith('"') or flag

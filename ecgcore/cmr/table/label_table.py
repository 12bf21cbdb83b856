"""A label table: file -> typed rows in which every hospital number has become a pseudonym."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ecgcore.cmr.sheet.cell import PARSERS, PSEUDONYM_PREFIX, Value, number_fault, patient_of, shown
from ecgcore.cmr.sheet.columns import HN_FAULT, HOSPITAL_NUMBER, STEWARD, CellKind, frame_name, kinds, normalise_name
from ecgcore.cmr.sheet.csv_sheet import read_csv_sheet
from ecgcore.cmr.sheet.foreign import check_sort
from ecgcore.cmr.sheet.injection import unescape
from ecgcore.cmr.sheet.sheet import Sheet
from ecgcore.cmr.sheet.swapped_days import check_days
from ecgcore.cmr.sheet.table_header import known_columns
from ecgcore.cmr.sheet.table_limits import DEFAULT_TABLE_LIMITS, TableLimits
from ecgcore.cmr.sheet.withheld import withheld
from ecgcore.cmr.sheet.xlsx_sheet import read_xlsx_sheet
from ecgcore.cmr.table.caution import TableCaution, listed
from ecgcore.errors import TableError
from ecgcore.pseudonym import Pseudonymiser

_DTYPES: dict[CellKind, str] = {
    CellKind.TEXT: "string",
    CellKind.PATTERN: "string",
    CellKind.NUMBER: "Float64",
    CellKind.WHOLE: "Int64",
    CellKind.YEAR: "Int64",
    CellKind.FLAG: "Int8",
    CellKind.DAY: "datetime64[us]",
}
_ROW_ID_HEX = 16
_WORKBOOK = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class LabelTable:
    """What a label table says.

    Args:
        path: the file.
        sha256: hash of its bytes.
        rows: one line per table line, in file order: `row_id` (``<first 16 of sha256>:<row>``), `row` (1-based as a
            spreadsheet shows it, so that the header is 1), `patient_id`, `hn_fault` (why there is none, as
            :class:`ecgcore.hospital_number.NumberFault` says it), every column of
            :func:`ecgcore.cmr.sheet.columns.kinds` under its frame name, and `raw`. Types: text `string`, numbers
            `Float64` (`lvef_percent` in percent, `age` in years), integers `Int64`, flags `Int8`, days
            `datetime64[us]`. A cell that is empty, or does not parse, is null; `raw` (JSON, file order, the file's own
            column names) has its text, with ``pid:<patient_id>`` for the hospital number and "" for one that is
            unreadable.
        ignored_columns: names of the columns that were dropped because no label table has them; `column 7` where a
            column holds cells and has no name.
        ignored_sheets: places, from 1, of the workbook's other worksheets that hold anything.
        cautions: what is unusual about the table, and where: ``rows 3, 4``.
    """

    path: Path
    sha256: str
    rows: pd.DataFrame
    ignored_columns: tuple[str, ...] = ()
    ignored_sheets: tuple[int, ...] = ()
    cautions: Mapping[TableCaution, str] = field(default_factory=dict)

    @property
    def not_read(self) -> str:
        """What was not read, for the person who keeps the table: ``columns ward, note; sheets 2``. Empty if all was."""
        columns = ", ".join(map(shown, self.ignored_columns))
        sheets = ", ".join(map(str, self.ignored_sheets))
        return "; ".join(f"{kind} {names}" for kind, names in (("columns", columns), ("sheets", sheets)) if names)


def read_table(path: Path, pseudonymiser: Pseudonymiser, limits: TableLimits = DEFAULT_TABLE_LIMITS) -> LabelTable:
    """Read a CSV (``, ; | ^`` or tab; Unicode or the Thai code page 874) or the one label table of an XLSX.

    Columns that no label table has are dropped, so that a patient's name goes no further.

    Raises:
        TableError: unreadable, too large, without a line, without one of its required columns, with one twice, or with
            a column in which day and month may be swapped.
    """
    content = _read_bytes(path, limits)
    sheet = _read_sheet(path.name, content, limits)
    columns = tuple(normalise_name(name) for name in sheet.header)
    if not sheet.lines:
        raise TableError(path.name, "holds no rows", "add at least one row below the column names")
    check_days(path.name, columns, sheet.lines)
    sha256 = hashlib.sha256(content).hexdigest()
    rows = _frame(sheet, columns, sha256, pseudonymiser)
    return LabelTable(path, sha256, rows, _ignored(sheet, columns), sheet.other_sheets, _cautions(sheet, columns))


def _cautions(sheet: Sheet, columns: tuple[str, ...]) -> dict[TableCaution, str]:
    known = known_columns()
    hidden = [c for name, c in zip(sheet.header, columns, strict=True) if name in sheet.hidden_columns and c in known]
    found = {
        TableCaution.HIDDEN_ROWS: ("row", sheet.hidden_rows),
        TableCaution.STRUCK_ROWS: ("row", sheet.struck_rows),
        TableCaution.HIDDEN_COLUMNS: ("column", hidden),
    }
    return {each: listed(noun, places) for each, (noun, places) in found.items() if places}


def _ignored(sheet: Sheet, columns: tuple[str, ...]) -> tuple[str, ...]:
    known = known_columns()
    filled = (i for i, c in enumerate(columns) if c not in known and (c or any(line[i] for _, line in sheet.lines)))
    return tuple(columns[i] or f"column {i + 1}" for i in filled)


def _read_bytes(path: Path, limits: TableLimits) -> bytes:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= limits.file_bytes else b""
    except OSError as e:
        raise TableError(path.name, f"cannot be read ({e.strerror})", "check that it exists and may be read") from e
    if size > limits.file_bytes:
        raise TableError(
            path.name, f"has {size} bytes, more than {limits.file_bytes}", "split the table into smaller ones"
        )
    return content


def _read_sheet(name: str, content: bytes, limits: TableLimits) -> Sheet:
    check_sort(name, content)
    return (read_xlsx_sheet if content.startswith(_WORKBOOK) else read_csv_sheet)(name, content, limits)


def _frame(sheet: Sheet, columns: tuple[str, ...], sha256: str, pseudonymiser: Pseudonymiser) -> pd.DataFrame:
    cells = [{c: withheld(c, unescape(text)) for c, text in zip(columns, line, strict=True)} for _, line in sheet.lines]
    patients = [patient_of(row[HOSPITAL_NUMBER], pseudonymiser) for row in cells]
    frame = pd.DataFrame({"row": pd.array([row for row, _ in sheet.lines], dtype="int64")})
    frame.insert(0, "row_id", [f"{sha256[:_ROW_ID_HEX]}:{row}" for row in frame["row"]])
    frame["patient_id"] = pd.array(patients, dtype="string")
    faults = [number_fault(row[HOSPITAL_NUMBER], pseudonymiser.form) for row in cells]
    frame[HN_FAULT] = pd.array([fault and fault.value for fault in faults], dtype="string")
    for column, kind in kinds().items():
        frame[frame_name(column)] = _column([row.get(column, "") for row in cells], kind)
    frame["raw"] = pd.array([_raw(row, pid) for row, pid in zip(cells, patients, strict=True)], dtype="string")
    return frame


def _column(texts: list[str], kind: CellKind) -> pd.Series:
    values: list[Value] = [PARSERS[kind](text) for text in texts]
    return pd.Series(values, dtype=_DTYPES[kind])


def _raw(row: Mapping[str, str], patient_id: str | None) -> str:
    """Return the row's known cells as JSON, without hospital number and without what the steward's file adds."""
    known = kinds()
    kept = {c: text for c, text in row.items() if c in known and c not in STEWARD}
    token = f"{PSEUDONYM_PREFIX}{patient_id}" if patient_id else ""
    ordered = {c: token if c == HOSPITAL_NUMBER else kept[c] for c in row if c in kept or c == HOSPITAL_NUMBER}
    return json.dumps(ordered, ensure_ascii=False)

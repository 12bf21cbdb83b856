"""The border between the frames of `ecgcore.cmr` and the ledger's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from ecgcore.cmr.rules.finding import RowFault
from ecgcore.cmr.sheet.columns import flag_columns
from ecgcore.ledger.ingest.ingest_batch import SourceRow
from ecgcore.targets.in_force import catalogue

_TEXT = ("file_name", "patient_id", "run_num", "split", "ecg_format", "entry", "raw")
_DAYS = ("cmr_date", "ecg_date")
_REAL = ("age",)
_WHOLE = ("year", "month", *flag_columns())
CELLS = ("study_id", *_TEXT, *_DAYS, *_REAL, *_WHOLE)
_LARGEST = 2**31 - 1  # PostgreSQL's integer


def source_rows(
    frame: pd.DataFrame,
    table_sha256: str,
    study_id: Callable[[str, date], str],
    faults: Mapping[str, RowFault],
) -> list[SourceRow]:
    """Turn a label table's frame into rows of a batch.

    Args:
        frame: `LabelTable.rows` (docs/architecture/cmr.md); a column that it lacks is missing in every row.
        table_sha256: hash of the table file.
        study_id: makes the pseudonym of patient and day (`Pseudonymiser.study_id`).
        faults: failed validation rules by row_id.
    """
    return [_row(dict(record), table_sha256, study_id, faults) for record in frame.to_dict("records")]


def _row(
    record: Mapping[Any, Any], sha256: str, study_id: Callable[[str, date], str], faults: Mapping[str, RowFault]
) -> SourceRow:
    row_id = str(record["row_id"])
    cells: dict[str, object] = {name: _text(record.get(name)) for name in _TEXT}
    cells |= {name: _day(record.get(name)) for name in _DAYS}
    cells |= {name: _real(record.get(name)) for name in _REAL}
    cells |= {name: _whole(record.get(name)) for name in _WHOLE}
    patient, day = cells["patient_id"], cells["ecg_date"] or cells["cmr_date"]
    identified = isinstance(patient, str) and isinstance(day, date)
    cells |= {"labels": _labels(record)}
    cells |= {"study_id": study_id(patient, day) if identified else None, "raw": cells["raw"] or "{}"}  # type: ignore[arg-type]
    return SourceRow(row_id=row_id, table_sha256=sha256, row=int(record["row"]), cells=cells, fault=faults.get(row_id))


def _labels(record: Mapping[Any, Any]) -> dict[str, float]:
    """Return the labels that are not missing, in the catalogue's order."""
    found = {column.key: (column, _real(record.get(column.key))) for column in catalogue().columns}
    return {key: column.cell(value) for key, (column, value) in found.items() if value is not None}


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value).replace("\x00", "").strip() or None


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()


def _real(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _whole(value: Any) -> int | None:
    number = _real(value)
    return int(number) if number is not None and number == int(number) and abs(number) <= _LARGEST else None

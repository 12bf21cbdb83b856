"""Writes the CMR label tables: one a year, XLSX or CSV, with the columns of the study and of the inbox."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ecgcore.synth.entry import Entry
from ecgcore.targets.in_force import catalogue

_BEFORE_LABELS = (
    "hn",
    "ecg_date",
    "cmr_date",
    "file_name",
    "year",
    "month",
    "run_num",
)
_AFTER_LABELS = (
    "pattern",
    "age",
    "female",
    "smoke",
    "diabetes",
    "hypertension",
    "dyslipidemia",
    "impute",
    "new_cut",
    "train_80_percent",
    "develop_10_percent",
    "split",
    "ecg_format",
)
FIRST_ROW = 2  # a spreadsheet counts from 1 and row 1 holds the names

_LETTERS = (str.lower, str.upper, str.title)
_FIXED_TIME = (2000, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def table_name(year: int) -> str:
    """File name of a year's table; every fourth year came as CSV."""
    return f"labels_{year}.{'csv' if year % 4 == 1 else 'xlsx'}"


def columns() -> tuple[str, ...]:
    """The columns of a table: the labels are those of the catalogue of targets."""
    return (*_BEFORE_LABELS, *(column.written for column in catalogue().columns), *_AFTER_LABELS)


def column_names(year: int) -> list[str]:
    """The columns in the letters that this year's clerk preferred."""
    return [_LETTERS[year % 3](name) for name in columns()]


def _pattern(entry: Entry) -> str:
    disease = entry.study.disease
    if disease.transmural and disease.subendocardial:
        return "both"
    return "transmural" * disease.transmural or "subendocardial" * disease.subendocardial


def _risk_cells(entry: Entry) -> dict[str, object]:
    risk = entry.study.risk
    truth = {
        "smoke": risk.smoke,
        "diabetes": risk.diabetes,
        "hypertension": risk.hypertension,
        "dyslipidemia": risk.dyslipidemia,
    }
    return {name: int(value) if risk.recorded else None for name, value in truth.items()}


def _label_cells(entry: Entry) -> dict[str, object]:
    """The labels that an invented disease has; a label that it knows nothing of is empty."""
    disease = entry.study.disease
    truth = {
        "scar": int(disease.scar),
        "lvef_percent": disease.lvef_percent,
        "subendocardial_scar": int(disease.subendocardial),
        "transmural_scar": int(disease.transmural),
    }
    return {column.written: truth.get(column.key) for column in catalogue().columns} | {"pattern": _pattern(entry)}


def _file_cells(entry: Entry) -> dict[str, object]:
    study = entry.study
    return {
        "hn": study.hn,
        "ecg_date": study.day.isoformat(),
        "cmr_date": study.day.isoformat(),
        "file_name": entry.file_name,
        "year": study.day.year,
        "month": study.day.month,
        "run_num": entry.run_num,
    }


def _study_cells(entry: Entry) -> dict[str, object]:
    study = entry.study
    return {
        "age": study.age,
        "female": int(study.female),
        "impute": int(not study.risk.recorded),
        "new_cut": 0,
        "train_80_percent": int(study.split.endswith("train")),
        "develop_10_percent": int(study.split.endswith("valid")),
        "split": study.split,
        "ecg_format": study.fmt.value,
    }


def row_cells(entry: Entry) -> list[object]:
    """The cells of an entry's row in the order of :func:`columns`; an empty cell is None."""
    cells = _file_cells(entry) | _label_cells(entry) | _study_cells(entry) | _risk_cells(entry) | dict(entry.cells)
    return [cells[name] for name in columns()]


def _write_csv(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def _without_clock(data: bytes) -> bytes:
    """The same workbook with fixed times, so that equal content is equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _STAMP.sub(rb"\g<1>2000-01-01T00:00:00Z", part)
            new.writestr(zipfile.ZipInfo(name, _FIXED_TIME), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _write_xlsx(path: Path, rows: Sequence[Sequence[object]]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("labels")
    for row in rows:
        sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(_without_clock(buffer.getvalue()))


def write_table(folder: Path, year: int, entries: Sequence[Entry]) -> Path:
    """Write one year's table of these entries, in order, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / table_name(year)
    rows: list[list[object]] = [[*column_names(year)], *(row_cells(entry) for entry in entries)]
    (_write_csv if path.suffix == ".csv" else _write_xlsx)(path, rows)
    return path

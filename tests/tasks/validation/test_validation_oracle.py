"""The verdicts on generated tables equal those of a plain evaluation, row by row, written apart from the rules."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ecgcore.cmr.table.label_table import read_table
from ecgcore.pseudonym import Pseudonymiser
from tasks.validation import validate

TODAY = date(2026, 11, 20)
BAD = object()  # a cell that means nothing

# what a person reads in a cell
DAYS = {
    "2016-03-04": date(2016, 3, 4),
    "2559-03-04": date(2016, 3, 4),
    "2016-03-05": date(2016, 3, 5),
    "13/03/2016": date(2016, 3, 13),
    "2030-01-01": date(2030, 1, 1),
    "1980-01-01": date(1980, 1, 1),
    "03/04/2016": None,
    "": None,
}
NUMBERS = {
    "": None,
    "55": 55.0,
    "55.0": 55.0,
    "4.9": 4.9,
    "17": 17.0,
    "18": 18.0,
    "91": 91.0,
    "121": 121.0,
    "55 %": BAD,
    "x": BAD,
}
FLAGS = {"": None, "0": 0, "1": 1, "1.0": 1, "2": BAD, "yes": BAD}
PATTERNS = {
    "": None,
    "both": {"subendocardial", "transmural"},
    "Transmural": {"transmural"},
    "mid wall": {"mid-wall"},
    "transmural, epicardial": {"transmural", "epicardial"},
    "patchy": BAD,
}
ISCHAEMIC = {"subendocardial_scar": "subendocardial", "transmural_scar": "transmural"}
MEANINGS = {
    "file_name": {"a.pdf": "a.pdf", "b.pdf": "b.pdf", "": None},
    "hn": {"1": "1", "2": "2", "1.0": "1", "": None, "nan": None, **{str(n): str(n) for n in range(10, 60)}},
    "cmr_date": DAYS,
    "ecg_date": DAYS,
    "scar_cad": FLAGS,
    "lvef": NUMBERS,
    "subendocardial_scar": FLAGS,
    "transmural_scar": FLAGS,
    "pattern": PATTERNS,
    "age": NUMBERS,
    "smoke": FLAGS,
    "new_cut": FLAGS,
    "month": {"": None, "3": 3, "x": BAD},
}


def row_of(cells: dict[str, str]) -> dict[str, object]:
    return {column: MEANINGS[column][text] for column, text in cells.items()}


def value(row: dict[str, object], column: str) -> object:
    return None if row[column] is BAD else row[column]


def own_rules(row: dict[str, object]) -> Iterator[str]:
    scar, lvef, age, pattern = (value(row, c) for c in ("scar_cad", "lvef", "age", "pattern"))
    days = [d for d in (row["cmr_date"], row["ecg_date"]) if d]
    foreign = bool(pattern) and bool(pattern & {"mid-wall", "epicardial"})
    yield from ["file-name-required"] * (row["file_name"] is None) + ["hn-required"] * (row["hn"] is None)
    yield from ["dates-required"] * (len(days) < 2) + ["same-day-pair"] * (len(set(days)) == 2)
    yield from ["date-range"] * any(not date(1990, 1, 1) <= d <= TODAY for d in days)
    yield from ["lvef-number"] * (row["lvef"] is BAD) + ["lvef-range"] * (lvef is not None and not 5 <= lvef <= 90)
    yield from ["scar-set"] * (row["scar_cad"] is BAD) + ["pattern-set"] * (row["pattern"] is BAD)
    yield from ["age-number"] * (row["age"] is BAD) + ["age-range"] * (age is not None and not 0 <= age <= 120)
    yield from ["adult"] * (age is not None and age < 18) + ["non-ischaemic-pattern"] * foreign
    yield from ["new-cut"] * (row["new_cut"] == 1) + ["whole-number"] * (row["month"] is BAD)
    yield from ["flag-set"] * any(row[c] is BAD for c in (*ISCHAEMIC, "smoke", "new_cut"))
    if not foreign:
        yield from ["label-required"] * (scar is None and lvef is None)
        yield from ["scar-agrees-with-pattern"] * contradicts(row, scar, pattern)


def contradicts(row: dict[str, object], scar: object, pattern: object) -> bool:
    seen = {name: value(row, column) for column, name in ISCHAEMIC.items()}
    if pattern and any(flag is not None and bool(flag) != (name in pattern) for name, flag in seen.items()):
        return True
    if scar == 1:
        return all(flag == 0 for flag in seen.values())
    return scar == 0 and (bool(pattern) or any(flag == 1 for flag in seen.values()))


def line(column: str) -> st.SearchStrategy[str]:
    """Mostly a harmless cell, so that rows break few rules at a time."""
    harmless = {"file_name": "a.pdf", "hn": "1", "cmr_date": "2016-03-04", "ecg_date": "2016-03-04", "scar_cad": "1"}
    anything = st.sampled_from(list(MEANINGS[column]))
    return st.one_of(st.just(harmless.get(column, "")), anything) if column != "hn" else anything


ONCE = settings(  # without shrinking, which would run the validator a thousand times
    deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.explicit, Phase.generate]
)
TABLES = st.lists(st.fixed_dictionaries({c: line(c) for c in MEANINGS}), min_size=30, max_size=60)


@pytest.mark.full
@settings(ONCE, max_examples=25)
@given(TABLES)
def test_verdicts_equal_a_plain_evaluation(table: list[dict[str, str]]) -> None:
    judge_both(table)


@settings(ONCE, max_examples=3)
@given(TABLES)
def test_some_verdicts_equal_a_plain_evaluation(table: list[dict[str, str]]) -> None:
    judge_both(table)


def judge_both(table: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(MEANINGS))
            writer.writeheader()
            writer.writerows(table)
        frame = read_table(path, Pseudonymiser(b"a test key, not a secret")).rows
    report = validate(frame, batch_id="oracle", today=TODAY)
    rows = [row_of(cells) for cells in table]
    expected = {(i + 2, name) for i, row in enumerate(rows) for name in own_rules(row)}
    assert {(int(f.row_id.split(":")[1]), f.rule) for f in report.failures} == expected

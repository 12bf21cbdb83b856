"""Each rule on rows that break it and on rows that just do not, through the real reader and the real validator."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from ecgcore.cmr.rules.check_frame import check_frame
from ecgcore.cmr.rules.finding import Effect
from ecgcore.cmr.rules.label_rules import rule, rules
from ecgcore.cmr.rules.validation_report import ValidationReport
from ecgcore.cmr.table.label_table import read_table
from ecgcore.errors import TableError
from ecgcore.pseudonym import Pseudonymiser
from tasks.validation import validate
from tasks.validation.expectation import checks_of

TODAY = date(2026, 11, 20)
GOOD = {
    "file_name": "a.pdf",
    "hn": "1234567",
    "cmr_date": "2016-03-04",
    "ecg_date": "2016-03-04",
    "scar_cad": "1",
    "lvef": "55",
}
Rows = Callable[..., pd.DataFrame]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    def read(*changes: dict[str, str]) -> pd.DataFrame:
        cells = pd.DataFrame([GOOD | change for change in changes]).fillna("")
        cells.to_csv(tmp_path / "labels.csv", index=False)
        return read_table(tmp_path / "labels.csv", Pseudonymiser(b"a test key, not a secret")).rows

    return read


def broken(report: ValidationReport, row: int) -> set[tuple[str, str, str]]:
    """Rule, column and value of the failures of a row, numbered as the spreadsheet does."""
    return {(f.rule, f.column, f.value) for f in report.failures if f.row_id.endswith(f":{row}")}


def judge(frame: pd.DataFrame) -> ValidationReport:
    return validate(frame, batch_id="b1", today=TODAY)


def test_a_good_row_passes(rows: Rows) -> None:
    report = judge(rows({}))
    assert report == ValidationReport((), (), None)
    assert report.success


CELLS: list[tuple[dict[str, str], set[tuple[str, str, str]]]] = [
    ({"file_name": ""}, {("file-name-required", "file_name", "empty")}),
    ({"hn": ""}, {("hn-required", "patient_id", "empty")}),
    ({"hn": "1.23E+9"}, {("hn-required", "patient_id", "a number that has lost digits")}),
    ({"hn": "1234567 / 7654321"}, {("hn-one-number", "patient_id", "more than one number in one cell")}),
    ({"hn": "#REF!1"}, {("hn-cell-kind", "patient_id", "an error of the spreadsheet")}),
    ({"hn": "see note 2"}, {("hn-form", "patient_id", "a text that has not the form of a hospital number")}),
    ({"ecg_date": "03/04/2016"}, {("dates-required", "ecg_date", "03/04/2016")}),
    ({"cmr_date": ""}, {("dates-required", "cmr_date", "empty")}),
    ({"cmr_date": "2016-03-05"}, {("same-day-pair", "cmr_date", "2016-03-05 and 2016-03-04")}),
    (
        {"cmr_date": "2026-11-21", "ecg_date": "2026-11-21"},
        {("date-range", "cmr_date", "2026-11-21"), ("date-range", "ecg_date", "2026-11-21")},
    ),
    ({"cmr_date": "2026-11-20", "ecg_date": "2026-11-20"}, set()),
    ({"cmr_date": "1990-01-01", "ecg_date": "1990-01-01"}, set()),
    (
        {"cmr_date": "1989-12-31", "ecg_date": "1989-12-31"},
        {("date-range", "cmr_date", "1989-12-31"), ("date-range", "ecg_date", "1989-12-31")},
    ),
    ({"lvef": "55 %"}, {("lvef-number", "lvef_percent", "55 %")}),
    ({"lvef": "0"}, {("lvef-range", "lvef_percent", "0")}),
    ({"lvef": "150"}, {("lvef-range", "lvef_percent", "150")}),
    ({"lvef": "0.55"}, {("lvef-range", "lvef_percent", "0.55")}),
    ({"lvef": "5"}, set()),
    ({"lvef": "90"}, set()),
    ({"lvef": "90.1"}, {("lvef-range", "lvef_percent", "90.1")}),
    ({"lvef": ""}, set()),
    ({"scar_cad": ""}, set()),
    ({"scar_cad": "", "lvef": ""}, {("label-required", "scar", "no scar_cad, no lvef")}),
    ({"scar_cad": "yes"}, {("scar-set", "scar", "yes")}),
    ({"scar_cad": "2"}, {("scar-set", "scar", "2")}),
    ({"pattern": "patchy"}, {("pattern-set", "pattern", "patchy")}),
    ({"pattern": "both"}, set()),
    ({"subendocardial_scar": "1", "transmural_scar": "0"}, set()),
    (
        {"subendocardial_scar": "0", "transmural_scar": "0"},
        {("scar-agrees-with-pattern", "scar", "scar 1, subendocardial_scar 0, transmural_scar 0, pattern empty")},
    ),
    ({"subendocardial_scar": "0"}, set()),  # the other column may say 1
    (
        {"scar_cad": "0", "transmural_scar": "1"},
        {("scar-agrees-with-pattern", "scar", "scar 0, subendocardial_scar empty, transmural_scar 1, pattern empty")},
    ),
    (
        {"scar_cad": "0", "pattern": "transmural"},
        {
            (
                "scar-agrees-with-pattern",
                "scar",
                "scar 0, subendocardial_scar empty, transmural_scar empty, pattern transmural",
            )
        },
    ),
    (
        {"subendocardial_scar": "1", "pattern": "transmural"},
        {
            (
                "scar-agrees-with-pattern",
                "scar",
                "scar 1, subendocardial_scar 1, transmural_scar empty, pattern transmural",
            )
        },
    ),
    (
        {"scar_cad": "0", "subendocardial_scar": "0", "transmural_scar": "0", "pattern": "epicardial"},
        {("non-ischaemic-pattern", "pattern", "epicardial")},
    ),
    ({"pattern": "subendocardial+mid-wall"}, {("non-ischaemic-pattern", "pattern", "subendocardial+mid-wall")}),
    ({"scar_cad": "", "lvef": "", "pattern": "mid-wall"}, {("non-ischaemic-pattern", "pattern", "mid-wall")}),
    ({"age": "17"}, {("adult", "age", "17")}),
    ({"age": "17.9"}, {("adult", "age", "17.9")}),
    ({"age": "18"}, set()),
    ({"age": "120"}, set()),
    ({"age": "121"}, {("age-range", "age", "121")}),
    ({"age": "old"}, {("age-number", "age", "old")}),
    ({"age": "-1"}, {("age-range", "age", "-1"), ("adult", "age", "-1")}),
    ({"smoke": "yes", "female": "2"}, {("flag-set", "smoke", "yes"), ("flag-set", "female", "2")}),
    ({"month": "March", "run_num": "1.5"}, {("whole-number", "month", "March"), ("whole-number", "run_num", "1.5")}),
    ({"new_cut": "1"}, {("new-cut", "new_cut", "1")}),
    ({"new_cut": "x"}, {("flag-set", "new_cut", "(withheld: 1 character)")}),
    ({"scar_cad": "x" * 200}, {("scar-set", "scar", "(withheld: 200 characters)")}),
]


def test_every_rule_of_a_row(rows: Rows) -> None:
    own = [{"hn": f"77{i:04d}", "file_name": f"{i}.pdf"} | change for i, (change, _) in enumerate(CELLS)]
    report = judge(rows(*own))
    found = {i: broken(report, i + 2) for i in range(len(CELLS))}
    assert found == {i: expected for i, (_, expected) in enumerate(CELLS)}
    assert [f.row_id for f in report.failures] == sorted(
        (f.row_id for f in report.failures), key=lambda r: int(r.split(":")[1])
    )
    assert all((f.effect, f.hint) == (rule(f.rule).effect, rule(f.rule).hint) for f in report.failures)


def test_the_format_is_compared_with_the_page_where_the_page_is_known(rows: Rows) -> None:
    frame = rows(*({"hn": str(i), "file_name": f"{i}.pdf", "ecg_format": "old"} for i in range(1, 4)))
    frame["page_format"] = ["old", "new", None]
    report = judge(frame)
    assert [(f.rule, f.column, f.value, f.effect) for f in report.failures] == [
        ("format-agrees-with-page", "ecg_format", "ecg_format old, page_format new", Effect.WARN),
    ]


def test_what_rows_say_together_is_left_to_the_pairing(rows: Rows) -> None:
    assert judge(rows({"scar_cad": "1"}, {"scar_cad": "0"}, {"file_name": "other.pdf"})).failures == ()


def test_the_strongest_effect_counts(rows: Rows) -> None:
    report = judge(rows({"age": "-1"}, {"hn": "2", "age": "17"}, {"hn": "3", "ecg_format": "old"}))
    assert list(report.effects().values()) == [Effect.QUARANTINE, Effect.EXCLUDE]
    assert not report.success
    assert judge(rows({"age": "17"})).success


def test_a_batch_without_rows_or_columns_is_rejected(rows: Rows) -> None:
    frame = rows({"lvef": "x"})
    empty, narrow = judge(frame.iloc[:0]), judge(frame.drop(columns=["patient_id"]))
    assert [(f.rule, f.value) for f in empty.table_failures] == [("rows-required", "0 rows")]
    assert [(f.rule, f.column) for f in narrow.table_failures] == [("columns-required", "patient_id")]
    assert empty.failures == narrow.failures == ()
    assert not empty.success
    assert not narrow.success


def test_a_row_listed_twice_rejects_the_batch(rows: Rows) -> None:
    frame = rows({})
    report = judge(pd.concat([frame, frame]))
    assert [f.rule for f in report.table_failures] == ["row-id-unique"]


def test_data_docs_are_built_per_batch_and_name_no_patient(rows: Rows, tmp_path: Path) -> None:
    frame = rows({"lvef": "55 %"}, {"hn": "7654321", "cmr_date": "2016-03-05"}).assign(table="cmr/a & b.csv")
    docs = tmp_path / "data_docs"
    for _ in range(2):  # a retry replaces the pages of the first attempt
        report = validate(frame, batch_id="b1", data_docs_dir=docs, today=TODAY, ingest_page=tmp_path / "pages/i.html")
    assert report.data_docs == docs / "b1" / "index.html"
    assert [p.name for p in docs.iterdir()] == ["b1"]
    assert sorted(p.name for p in (docs / "b1").iterdir()) == ["index.html", "validation.json"]
    text = report.data_docs.read_text(encoding="utf-8")
    assert "55 %" in text and "expect_column_values_to_be_null" in text
    assert not re.search(r"""(?:src|href)="(?:[a-z]+:)?//|<script|@import|url\(""", text)
    place = '<td data-column="table">cmr/a &amp; b.csv</td><td data-column="row" class="numeric">%d</td>'
    assert [text.count(place % row) for row in (1, 2, 3)] == [0, 1, 1]  # the names of columns stand in row 1
    assert 'href="../../pages/i.html"' in text and "numbered as a spreadsheet shows them" in text
    result = json.loads((docs / "b1" / "validation.json").read_text(encoding="utf-8"))
    assert result["statistics"]["unsuccessful_expectations"] == len({(f.rule, f.column) for f in report.failures})
    assert rule("same-day-pair").message in text
    assert "1234567" not in text
    assert "7654321" not in text


@pytest.mark.parametrize("batch_id", ["", "../up", "a/b", ".hidden", "a" * 101])
def test_a_batch_id_names_a_folder(rows: Rows, batch_id: str) -> None:
    with pytest.raises(TableError, match="cannot name a folder"):
        validate(rows({}), batch_id=batch_id)


def test_a_check_that_breaks_is_an_error_and_not_a_pass(rows: Rows) -> None:
    frame = rows({}, {"hn": "2"})
    frame["age"] = pd.Series(["old", {"not": "a number"}], dtype=object)
    with pytest.raises(TableError, match="batch b1: cannot be checked against the rule age-range"):
        judge(frame)


def test_every_rule_is_checked_on_each_of_its_columns(rows: Rows) -> None:
    frame = rows({}).assign(page_format=None)
    columns = frozenset(check_frame(frame, rules()).columns)
    checked = {r.name: {c.column for c in checks_of(r, columns)} for r in rules()}
    one_finding = {"same-day-pair": {"cmr_date"}, "label-required": {"scar"}}
    assert checked == {r.name: one_finding.get(r.name, set(r.columns)) for r in rules()}
    assert len(checked) == len(rules())


def test_importing_the_rules_does_not_import_the_validator() -> None:
    code = "import sys, tasks.validation; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.full
def test_fifteen_thousand_rows_are_all_judged(rows: Rows) -> None:
    frame = rows(
        *({"hn": str(i), "file_name": f"{i}.pdf", "lvef": "55 %" if i % 3 else "55"} for i in range(1, 15_001))
    )
    assert len(judge(frame).failures) == 10_000

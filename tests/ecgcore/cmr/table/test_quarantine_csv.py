from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ecgcore.cmr.rules.finding import Effect
from ecgcore.cmr.rules.validation_report import RowFailure
from ecgcore.cmr.table.label_table import LabelTable, read_table
from ecgcore.cmr.table.quarantine_csv import write_rows_csv
from ecgcore.pseudonym import Pseudonymiser

Reader = Callable[..., LabelTable]
Rows = Callable[..., pd.DataFrame]

HEAD = ["source_table", "source_row", "rule", "value", "hint", "entry"]


def failure(row_id: str, rule: str = "lvef-number", effect: Effect = Effect.QUARANTINE) -> RowFailure:
    return RowFailure(row_id, rule, "lvef_percent", "55 %", "write a number", effect)


@pytest.fixture
def rows_of(read_csv: Reader) -> Callable[..., pd.DataFrame]:
    """Rows of a table that lies in the inbox as ``cmr/=a.csv``."""
    return lambda *lines, **how: read_csv(*lines, **how).rows.assign(table="cmr/=a.csv")


def lines_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_quarantined_rows_are_written_with_the_rule_before_the_table(
    rows_of: Rows, tmp_path: Path, pseudonymiser: Pseudonymiser
) -> None:
    rows = rows_of(
        "a.pdf,1234567,2016-03-04,2016-03-04,1,55 %",
        "b.pdf,2,2016-03-04,2016-03-04,1,55",
        "c.pdf,3,2016-03-04,2016-03-04,1,5",
    )
    first, second, third = rows["row_id"]
    failures = [
        failure(first),
        failure(first, "same-day-pair"),
        failure(second, "adult", Effect.EXCLUDE),
        failure(third),
    ]
    path = tmp_path / "quarantine" / "b1" / "rows.csv"
    assert write_rows_csv(path, rows, failures, {first: "7"}) == 2
    header, one, two = lines_of(path)
    assert header == [*HEAD, "file_name", "hn", "cmr_date", "ecg_date", "scar_cad", "lvef"]
    token = f"pid:{pseudonymiser.patient_id('1234567')}"
    assert one[:6] == ["cmr/=a.csv", "2", "lvef-number; same-day-pair", "55 %", "write a number", "7"]
    assert one[6:] == ["a.pdf", token, "2016-03-04", "2016-03-04", "1", "55 %"]
    assert (two[1], two[6]) == ("4", "c.pdf")
    assert "1234567" not in path.read_text(encoding="utf-8")


def test_the_corrected_file_is_a_label_table_again(rows_of: Rows, tmp_path: Path, pseudonymiser: Pseudonymiser) -> None:
    rows = rows_of("หัวใจ.pdf,111,2016-03-04,03/04/2016,1,55 %", "b.pdf,222,2016-03-04,2016-03-04,1,0")
    path = tmp_path / "rows.csv"
    entries = dict(zip(rows["row_id"], ["41", "42"], strict=True))
    write_rows_csv(path, rows, map(failure, rows["row_id"]), entries)
    token = f"pid:{pseudonymiser.patient_id('222')}"
    text = path.read_text(encoding="utf-8").replace("03/04/2016,1,55 %", "2016-03-04,1,55")
    path.write_text(text.replace(token, "333"), encoding="utf-8")
    table = read_table(path, pseudonymiser)
    assert table.ignored_columns == ()
    assert table.rows["entry"].tolist() == ["41", "42"]
    assert table.rows["patient_id"].tolist() == [pseudonymiser.patient_id("111"), pseudonymiser.patient_id("333")]
    assert table.rows["ecg_date"].iloc[0] == pd.Timestamp(2016, 3, 4)
    assert table.rows["lvef_percent"].tolist() == [55.0, 0.0]
    assert table.rows["file_name"].iloc[0] == "หัวใจ.pdf"


def test_what_cannot_be_corrected_comes_back_unchanged(
    rows_of: Rows, tmp_path: Path, pseudonymiser: Pseudonymiser
) -> None:
    rows = rows_of('"=HYPERLINK(""x"")",1,2016-03-04,2016-03-04,-5,"a, b"')
    write_rows_csv(tmp_path / "rows.csv", rows, map(failure, rows["row_id"]))
    cells = lines_of(tmp_path / "rows.csv")[1]
    assert (cells[6], cells[10]) == ('\'=HYPERLINK("x")', "-5")
    again = read_table(tmp_path / "rows.csv", pseudonymiser).rows
    assert again["raw"].tolist() == rows["raw"].tolist()


def test_tables_with_other_columns_share_one_file(tmp_path: Path, rows_of: Rows) -> None:
    one = rows_of("a.pdf,1,2016-03-04,2016-03-04,1,0")
    two = rows_of("b.pdf,2,2016-03-04,2016-03-04,0,70", header="file_name,hn,cmr_date,ecg_date,lvef,age")
    rows = pd.concat([one, two], ignore_index=True)
    write_rows_csv(tmp_path / "rows.csv", rows, map(failure, rows["row_id"]))
    header, first, second = lines_of(tmp_path / "rows.csv")
    assert header[6:] == ["file_name", "hn", "cmr_date", "ecg_date", "scar_cad", "lvef", "age"]
    assert first[10:] == ["1", "0", ""]
    assert second[10:] == ["", "0", "70"]


def test_without_failures_the_file_has_a_header_only(tmp_path: Path, rows_of: Rows) -> None:
    rows = rows_of("a.pdf,1,2016-03-04,2016-03-04,1,55")
    assert write_rows_csv(tmp_path / "rows.csv", rows, []) == 0
    assert lines_of(tmp_path / "rows.csv") == [[*HEAD, "file_name", "hn", "cmr_date", "ecg_date", "scar_cad", "lvef"]]

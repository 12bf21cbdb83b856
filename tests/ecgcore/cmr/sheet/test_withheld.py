"""A cell that may tell who the patient is goes no further than the table."""

from __future__ import annotations

from itertools import product

import pytest

from ecgcore.cmr.sheet.columns import kinds
from ecgcore.cmr.sheet.withheld import withheld
from ecgcore.cmr.table.label_table import read_table
from ecgcore.pseudonym import Pseudonymiser

IDENTITIES = (
    "Somchai Jaidee", "สมชาย ใจดี", "JAIDEE", "12345678", "HN 0012345", "no. 12345678", "1956-03-04 Jaidee",
    "Mr. S. Jaidee, 67 y",
)  # fmt: skip


COLUMNS = sorted(set(kinds()) - {"file_name"})
ONE_WORD = ("ecg_format", "JAIDEE")  # one short word may be the name of a format of the hospital's own


@pytest.mark.parametrize(("column", "text"), [pair for pair in product(COLUMNS, IDENTITIES) if pair != ONE_WORD])
def test_no_column_repeats_an_identity(column: str, text: str) -> None:
    assert withheld(column, text) == f"(withheld: {len(text)} characters)"


@pytest.mark.parametrize(
    "column", sorted(column for column, kind in kinds().items() if kind not in ("day", "text", "pattern"))
)
def test_a_day_of_birth_is_withheld_where_no_day_belongs(column: str) -> None:
    assert withheld(column, "04/03/1956") == "(withheld: 10 characters)"


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("lvef", "(withheld: 14 characters)"), ("lvef", "(withheld: 1 character)"),
        ("lvef", "(withheld: 1,234 characters)"),
        ("lvef", "55 %"), ("lvef", "49,1"), ("lvef", "55-60"), ("lvef", "0.5512345678"),
        ("lvef", "(formula without a value)"),
        ("smoke", "yes"), ("age", "old"), ("month", "March"), ("year", "2559"), ("run_num", "14052"),
        ("pattern", "patchy"),
        ("pattern", "Subendocardial + transmural"), ("cmr_date", "12-Mar-2018"), ("ecg_date", "2018-03-05 10:11:12"),
        ("split", "old_train"), ("ecg_format", "new"), ("entry", "Q0123456789abcdef"), ("hn", "HN 123"),
        ("ward", "Jaidee"),
        ("file_name", "ecg/2019/03/17.pdf"), ("age", ""),
    ],
)  # fmt: skip
def test_what_a_column_may_hold_or_nearly_holds_is_shown(column: str, text: str) -> None:
    assert withheld(column, text) == text


def test_a_table_whose_columns_slipped_repeats_nothing(tmp_path) -> None:
    path = tmp_path / "slipped.csv"
    path.write_text(
        "hn,file_name,ecg_date,cmr_date,scar_cad,lvef,age,smoke\n"
        "7654321,a.pdf,2016-03-04,2016-03-04,Somchai Jaidee,12345678,04/03/1956,7654321\n",
        encoding="utf-8",
    )
    table = read_table(path, Pseudonymiser(b"a key for tests, nothing else"))
    everything = table.rows.to_csv() + table.not_read
    assert [text for text in ("Somchai", "Jaidee", "12345678", "1956", "7654321") if text in everything] == []
    assert table.rows["lvef_percent"].isna().all()

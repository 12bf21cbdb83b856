"""What a page is made of."""

from __future__ import annotations

import pytest

from ecgcore.pages.document import ROW_CAP, Cell, capped, number, shown, visible


def test_a_capped_table_says_what_it_leaves_out():
    table = capped("c", ("a",), ((Cell("x"),),) * 1934)
    assert len(table.rows) == ROW_CAP == 200
    assert shown(table) == "200 of 1,934 rows shown"
    assert shown(capped("c", ("a",), ((Cell("x"),),) * 200)) == ""


def test_counts_are_separated_by_thousands():
    assert number(13707) == Cell("13,707", numeric=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\tc", "a b c"),
        ("gpj.\u202efdp", "gpj.fdp"),
        ("\x1b[31mred", "[31mred"),
        ("\ud800x", "x"),
        ("ต่ำ ปานกลาง สูง", "ต่ำ ปานกลาง สูง"),
        ("", ""),
    ],
)
def test_hidden_and_reordering_characters_go(text, expected):
    assert visible(text) == expected

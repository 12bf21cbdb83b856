from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.cmr.sheet.injection import escape, unescape


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@x", "'=1", "-", "-5x"])
def test_formulas_are_defused(cell: str) -> None:
    assert escape(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+5.5", "55", "a=b", "", "2016-03-04", "'quoted'"])
def test_everything_else_stays(cell: str) -> None:
    assert escape(cell) == cell


@given(st.text(alphabet="'=+-@\t\ra5.", max_size=8))
def test_reading_gives_back_what_was_written_and_nothing_active(cell: str) -> None:
    assert unescape(escape(cell)) == cell
    assert not escape(cell).startswith(("=", "@", "\t", "\r"))

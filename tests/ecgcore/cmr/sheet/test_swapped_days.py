"""A column in which day and month may be swapped is refused with its rows; any other is not."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.cmr.sheet.cell import DayText
from ecgcore.cmr.sheet.swapped_days import check_days
from ecgcore.errors import TableError


def check(*cells: str) -> None:
    check_days("t.xlsx", ("hn", "ecg_date"), [(row, ("1", cell)) for row, cell in enumerate(cells, start=2)])


@pytest.mark.parametrize(
    "left", ["25/06/2018", "25-6-2018", "25.06.2018", "25/06/18", "25/06/2561", "25/06/2018 10:30", "06/25/2018"]
)
@pytest.mark.parametrize("held", [DayText("2018-03-04"), DayText("2561-03-04 10:30:00"), "2018-03-04 00:00:00"])
def test_days_of_a_spreadsheet_beside_days_that_it_left_as_text(held: str, left: str) -> None:
    with pytest.raises(TableError, match=r"swapped in its column ecg_date: rows 3 hold days .* rows 2, 4 days"):
        check(left, held, left)


@pytest.mark.parametrize(
    "cells",
    [
        (DayText("2018-03-04"), DayText("2018-03-14")),
        ("25/06/2018", "13/03/2018"),
        (DayText("2018-03-14"), "25/06/2018"),  # there is no month 14
        (DayText("2018-04-04"), "25/06/2018"),
        (DayText("2018-03-04"), "2018-06-25"),
        (DayText("2018-03-04"), ""),
        ("2018-03-04", "25/06/2018"),  # typed as text, in whichever form
    ],
)
def test_columns_that_leave_no_doubt(cells: tuple[str, ...]) -> None:
    check(*cells)


@given(st.lists(st.dates(date(2000, 1, 1), date(2025, 12, 31)), min_size=2, max_size=12))
@settings(deadline=None)
def test_whatever_a_spreadsheet_swaps_is_found_where_it_left_a_day_as_text(days: list[date]) -> None:
    """The spreadsheet reads month/day/year, the hospital wrote day/month/year."""
    cells = [f"{d:%d/%m/%Y}" if d.day > 12 else DayText(f"{d.year}-{d.day:02}-{d.month:02}") for d in days]
    wrong = [row for row, d in enumerate(days, start=2) if d.day <= 12 and d.day != d.month]
    if wrong and any(d.day > 12 for d in days):
        with pytest.raises(TableError) as caught:
            check(*cells)
        named = re.search(r"rows ([\d, ]+)(?: and \d+ more)? hold", caught.value.rule)
        assert named is not None
        assert [int(row) for row in named[1].split(", ")] == wrong[:10]
    else:
        check(*cells)

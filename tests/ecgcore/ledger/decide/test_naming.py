"""File names and folder dates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.ledger.decide import naming


@pytest.mark.parametrize(
    ("cell", "stem"),
    [
        ("A.PDF", "a"),
        ("x/y\\B.jpeg", "b"),
        ("c", "c"),
        ("v1.2", "v1.2"),
        ("v1.2.png", "v1.2"),
        ("", ""),
        (" d .pdf", "d"),
    ],
)
def test_stem(cell, stem):
    assert naming.stem(cell) == stem


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ecg/2019/03/a.pdf", (2019, 3)),
        ("ecg/2019/3/a.pdf", (2019, 3)),
        ("2019-03/a.pdf", (2019, 3)),
        ("201912/a.pdf", (2019, 12)),
        ("2019/a.pdf", (2019, None)),
        ("2019/13/a.pdf", (2019, None)),
        ("ecg/2019-03.pdf", (None, None)),
        ("a.pdf", (None, None)),
    ],
)
def test_year_and_month_of_the_folders(path, expected):
    assert naming.year_month(path) == expected


@given(st.text(max_size=40))
def test_any_text_can_be_a_path_and_the_stem_ignores_case_and_folders(text):
    upper = text.upper()
    assert naming.stem("folder/x" + upper) == naming.stem("x" + upper)
    year, month = naming.year_month(text)
    assert year is None or 1900 <= year < 2100
    assert month is None or 1 <= month <= 12

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
        ("77001.0", "77001"),
        ("77001", "77001"),
        ("77001.0.pdf", "77001"),
        ("77001.5", "77001.5"),
        ("ecg/Batch.PDF#page=2", "batch"),
        ("77001.pdf#page=12", "77001"),
        ("a#page=2.pdf", "a#page=2"),
        ("a#page=2", "a#page=2"),
        ("a.pdf#page=0", "a.pdf#page=0"),
    ],
)
def test_stem(cell, stem):
    assert naming.stem(cell) == stem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "\u0e19\u0e33\u0e2a\u0e48\u0e07.pdf",
            "\u0e19\u0e4d\u0e32\u0e2a\u0e48\u0e07.pdf",
        ),  # sara am, and nikhahit with sara aa
        ("\u0e19\u0e49\u0e33", "\u0e19\u0e4d\u0e49\u0e32"),
        ("\u0e01\u0e34\u0e48\u0e07", "\u0e01\u0e48\u0e34\u0e07"),
        ("\u0e41\u0e01", "\u0e40\u0e40\u0e01"),
        ("caf\u00e9.pdf", "cafe\u0301.PDF"),
        ("a b.pdf", "a\u00a0b.pdf"),
        ("a b", "a  b"),
        ("a b", "a\u3000b"),
        ("zw.pdf", "zw.pdf\u200b"),
        ("zw", "z\u200bw\ufeff"),
        ("a-1", "a\u20111"),
        ("\uff41\uff11.pdf", "a1.pdf"),
    ],
)
def test_names_that_look_alike_are_one(one, other):
    assert naming.stem(one) == naming.stem(other) != ""


def test_a_ledger_of_before_is_asked_for_its_own_stem_too():
    assert naming.stored_stems("ecg/a\u00a0b.pdf") == {"a b", "a\u00a0b"}
    assert naming.stored_stems("ecg/A.pdf") == {"a"}


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

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecgcore.cmr.sheet.cell import parse_day, parse_flag, parse_number, parse_text, parse_whole, parse_year, patient_of
from ecgcore.pseudonym import Pseudonymiser

PSEUDONYMISER = Pseudonymiser(b"a test key, not a secret")


@pytest.mark.parametrize(
    ("text", "value"), [("55", 55.0), (" 55.0 ", 55.0), ("-5", -5.0), ("0.55", 0.55), ("150", 150.0)]
)
def test_plain_numbers_parse(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text", ["", "55 %", "55%", "55,5", "nan", "inf", "1e2", "1_000", "๕๕", "~55", "50-55", "5.", ".5", "TRUE"]
)
def test_anything_else_is_no_number(text: str) -> None:
    assert parse_number(text) is None


@given(st.text(max_size=12))
def test_a_number_is_never_made_up(text: str) -> None:
    value = parse_number(text)
    assert value is None or set(text.strip()) <= set("+-.0123456789")


@given(st.decimals(min_value=-999, max_value=999, places=2))
def test_every_decimal_parses_to_itself(number: object) -> None:
    assert parse_number(str(number)) == float(str(number))


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("1", 1), ("1.0", 1), ("0.0", 0), (" 1 ", 1)])
def test_flags(text: str, value: int) -> None:
    assert parse_flag(text) == value


@pytest.mark.parametrize("text", ["", "yes", "true", "TRUE", "2", "-1", "01", "1.5", "+1", "y"])
def test_what_is_no_flag(text: str) -> None:
    assert parse_flag(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("2016", 2016), ("7.0", 7), ("-3", -3), ("7.5", None), ("seven", None), ("", None)]
)
def test_whole_numbers(text: str, value: int | None) -> None:
    assert parse_whole(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("2016", 2016), ("2559", 2016), ("2559.0", 2016), ("59", 59), ("2559.5", None), ("", None)]
)
def test_years_of_either_era(text: str, value: int | None) -> None:
    assert parse_year(text) == value


def test_text_is_trimmed_and_empty_is_missing() -> None:
    assert parse_text("  a b ") == "a b"
    assert parse_text("   ") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2016-03-04", date(2016, 3, 4)),
        ("2016-03-04 00:00:00", date(2016, 3, 4)),
        ("2016-03-04T23:59", date(2016, 3, 4)),
        ("2559-03-04", date(2016, 3, 4)),
        ("2559-02-29", date(2016, 2, 29)),  # leap in 2016, not in the year 2559
        ("13/03/2016", date(2016, 3, 13)),
        ("13/3/2559", date(2016, 3, 13)),
        ("04/04/2016", date(2016, 4, 4)),
    ],
)
def test_days(text: str, day: date) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "03/04/2016",
        "3/4/2016",
        "03/13/2016",
        "31/02/2016",
        "2016-02-30",
        "2016-13-01",
        "20160304",
        "4/4/16",
        "42433",
    ],
)
def test_ambiguous_or_impossible_days_do_not_parse(text: str) -> None:
    assert parse_day(text) is None


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2399, 12, 31)))
def test_every_day_survives_iso_and_the_buddhist_era(day: date) -> None:
    assert parse_day(day.isoformat()) == day
    if day.year >= 1858:
        assert parse_day(f"{day.year + 543}-{day:%m-%d}") == day


@given(st.text(max_size=20))
@example("0\x1f")  # str.strip removes more than float does
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (parse_day, parse_flag, parse_number, parse_text, parse_whole, parse_year):
        parse(text)
    patient_of(text, PSEUDONYMISER)


@pytest.mark.parametrize(
    "text",
    [
        "1234567",
        "1234567.0",
        " 1234567 ",
        "12-345-67",
        "12345/67",
        "๑๒๓๔๕๖๗",
        "１２３４５６７",
        "HN1234567",
        "H.N. 1234567",
        "hn: 1234567.0",
        "HN ๑๒๓๔๕๖๗",
    ],
)
def test_spellings_of_one_hospital_number(text: str) -> None:
    assert patient_of(text, PSEUDONYMISER) == PSEUDONYMISER.patient_id("1234567")


@pytest.mark.parametrize("text", ["0045678", "45678", "45678.0", "00-45678", "๐๐๔๕๖๗๘"])
def test_leading_zeros_do_not_make_another_patient(text: str) -> None:
    """They did until a test patient's number went through Excel, lost them, and would have trained."""
    assert patient_of(text, PSEUDONYMISER) == PSEUDONYMISER.patient_id("45678")


def test_zeros_elsewhere_count() -> None:
    assert len({patient_of(text, PSEUDONYMISER) for text in ("45678", "450678", "456780")}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "nan",
        "None",
        "unknown",
        "0",
        "000",
        "#N/A",
        "HN",
        "HN 0",
        "HN 1.23457E+12",
        "1.23457E+12",
        "1e+15",
        "1234567.5",
        "1234567890123456.0",
        "pid:P12",
    ],
)
def test_what_cannot_be_a_hospital_number(text: str) -> None:
    assert patient_of(text, PSEUDONYMISER) is None


def test_our_own_token_is_taken_as_the_pseudonym() -> None:
    pid = PSEUDONYMISER.patient_id("1234567")
    assert patient_of(f"pid:{pid}", PSEUDONYMISER) == pid

"""What is a hospital number, what is none, and why; and the spellings that are one patient."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import SettingsError
from ecgcore.hospital_number import HospitalNumberForm, NumberFault, folded
from ecgcore.pseudonym import normalise_hn

FORM = HospitalNumberForm()
DIGITS = st.text("0123456789", min_size=1, max_size=9).filter(lambda digits: digits.strip("0"))


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("7", "7"),
        ("1234567", "1234567"),
        ("12-345678", "12345678"),
        ("12 345 678", "12345678"),
        (" 12-345 67", "1234567"),
        ("12345/60", "1234560"),
        ("12345/2560", "1234560"),
        ("12345 / 2560", "1234560"),
        ("12345/2017", "1234517"),
        ("60/12345", "6012345"),
        ("2560/12345", "6012345"),
        ("60-123456", "60123456"),
        ("1 2345 67890 12 3", "1234567890123"),
        ("1234567-8", "12345678"),
        ("HN1234567", "1234567"),
        ("h.n. 1234567", "1234567"),
        ("HN: No. 1234567", "1234567"),
        ("No. 1234567", "1234567"),
        ("№ 1234567", "1234567"),
        ("#1234567", "1234567"),
        ("*1234567*", "1234567"),
        ("MRN 1234567", "1234567"),
        ("Hospital No. 1234567", "1234567"),
        ("Patient ID: 1234567", "1234567"),
        ("เลขที่ ๑๒๓๔๕๖๗", "1234567"),
        ("เลขประจำตัวผู้ป่วย 1234567", "1234567"),
        ("１２３４－５６７", "1234567"),
        ("1234\u2013567", "1234567"),
        ("1234\u00a0567", "1234567"),
        ("1234567\u200b", "1234567"),
        ("1,234,567", "1234567"),
        ("1234567.0", "1234567"),
        ("A12345", "A12345"),
        ("RAMA-12345", "RAMA12345"),
        ("HN A 12345", "A12345"),
        ("P001", "P001"),
        ("12345-A", "12345A"),
        ("60A12345", "60A12345"),
        ("12-34-56", "123456"),
    ],
)
def test_a_number_as_hospitals_print_it(text: str, compared: str) -> None:
    assert FORM.fault(text) is None
    assert normalise_hn(FORM.written(text)) == compared


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", NumberFault.EMPTY),
        (" - ", NumberFault.EMPTY),
        ("HN", NumberFault.EMPTY),
        ("0", NumberFault.NO_NUMBER),
        ("000", NumberFault.NO_NUMBER),
        ("unknown", NumberFault.NO_NUMBER),
        ("ไม่ทราบ", NumberFault.NO_NUMBER),
        ("unknown 1", NumberFault.NOT_THE_FORM),
        ("ไม่ทราบ 1", NumberFault.NOT_THE_FORM),
        ("N/A-1", NumberFault.NOT_THE_FORM),
        ("see note 2", NumberFault.NOT_THE_FORM),
        ("T1", NumberFault.NOT_THE_FORM),
        ("NEW 12345", NumberFault.NOT_THE_FORM),
        ("1234567 ซ้ำ", NumberFault.NOT_THE_FORM),
        ("1234567?", NumberFault.NOT_THE_FORM),
        ("-1234567", NumberFault.NOT_THE_FORM),
        ("1234567 (old 998)", NumberFault.TWO_NUMBERS),
        ("1234567, 7654321", NumberFault.TWO_NUMBERS),
        ("1234567,7654321", NumberFault.TWO_NUMBERS),
        ("HN1234567 / HN7654321", NumberFault.TWO_NUMBERS),
        ("1234567/7654321", NumberFault.TWO_NUMBERS),
        ("1234567 7654321", NumberFault.TWO_NUMBERS),
        ("1234567-7654321", NumberFault.TWO_NUMBERS),
        ("1234567 998", NumberFault.TWO_NUMBERS),
        ("1234567\n7654321", NumberFault.TWO_NUMBERS),
        ("1234567;7654321", NumberFault.TWO_NUMBERS),
        ("1234567 & 7654321", NumberFault.TWO_NUMBERS),
        ("1234567 และ 7654321", NumberFault.TWO_NUMBERS),
        ("1234567 AN 59012345", NumberFault.TWO_NUMBERS),
        ("AN 59012345", NumberFault.OTHER_NUMBER),
        ("VN59012345", NumberFault.OTHER_NUMBER),
        ("5678-12-01", NumberFault.DAY),
        ("5678-12-01 00:00:00", NumberFault.DAY),
        ("12/1/5678", NumberFault.DAY),
        ("12-05-2561", NumberFault.DAY),
        ("12/05/61", NumberFault.DAY),
        ("Dec-78", NumberFault.DAY),
        ("Dec-5678", NumberFault.DAY),
        ("12-May", NumberFault.DAY),
        ("12:34:00", NumberFault.DAY),
        ("TRUE", NumberFault.YES_OR_NO),
        ("#REF!", NumberFault.ERROR),
        ("#REF!1", NumberFault.ERROR),
        ("#N/A", NumberFault.ERROR),
        ("#DIV/0!", NumberFault.ERROR),
        ("(formula without a value)", NumberFault.FORMULA),
        ("1234567.5", NumberFault.FRACTION),
        ("1.23457E+12", NumberFault.LOST_DIGITS),
        ("HN 1.23457E+12", NumberFault.LOST_DIGITS),
        ("1234567890123456.0", NumberFault.LOST_DIGITS),
        ("1" * 21, NumberFault.NOT_THE_FORM),
    ],
)
def test_what_is_no_number_and_why(text: str, fault: NumberFault) -> None:
    assert FORM.fault(text) is fault


@given(DIGITS, st.sampled_from(["", "HN", "HN ", "H.N. ", "hn:", "No. ", "ＨＮ"]), st.data())
@settings(deadline=None)
def test_label_script_separator_and_leading_zeros_never_make_another_patient(
    digits: str, label: str, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, min(2, len(digits) - 1)))
    separator = data.draw(st.sampled_from(["", " ", "-", "\u2010", "\u00a0"]))
    parts = [digits[:cut], digits[cut:]] if cut else [digits]
    zeros = data.draw(st.integers(0, 2))
    zero = data.draw(st.sampled_from("0๐０"))
    text = label + "".join(chr(ord(zero) + int(c)) if c.isdigit() else c for c in "0" * zeros + separator.join(parts))
    assert FORM.fault(text) is None
    assert normalise_hn(FORM.written(text)) == digits.lstrip("0")


@given(st.integers(1, 999999), st.integers(2401, 2699))
@settings(deadline=None)
def test_a_buddhist_year_is_one_in_full_and_in_short(number: int, year: int) -> None:
    short = normalise_hn(f"{number}/{year % 100:02}")
    assert normalise_hn(f"{number}/{year}") == short
    assert normalise_hn(f"HN {number} / {year}") == short
    assert normalise_hn(f"{number}/{year}", version=2) == f"{number}{year}"


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_is_judged_and_what_is_admitted_has_a_digit_to_compare(text: str) -> None:
    fault = FORM.fault(text)
    assert fault is not None or set(normalise_hn(FORM.written(text))) & set("123456789")
    assert folded(folded(text)) == folded(text)


@given(DIGITS, DIGITS, st.sampled_from([", ", "; ", " + ", " (", "\n", " | ", " or ", " ก่อน "]))
@settings(deadline=None)
def test_two_numbers_are_never_one(one: str, other: str, between: str) -> None:
    text = f"{one.zfill(5)}{between}{other.zfill(5)}"
    assert FORM.fault(text) is NumberFault.TWO_NUMBERS


def test_a_house_may_declare_its_own_form() -> None:
    own = HospitalNumberForm(r"HN\d{2}-\d{4}|[a-z]{5}\d{2}")
    assert own.admits("hn 12-3456") is False
    assert own.admits("hn12-3456")
    assert own.admits("ABCDE12")
    assert own.fault("1234567") is NumberFault.NOT_THE_FORM


@pytest.mark.parametrize("pattern", ["(", "[0-9", "a{99999999999}", r"\d*", "", ".*"])
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: str) -> None:
    with pytest.raises(SettingsError, match="ECG_HN_PATTERN"):
        HospitalNumberForm(pattern)

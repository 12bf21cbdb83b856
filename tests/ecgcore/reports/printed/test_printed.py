from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.reports.printed.printed import Printed, is_named_in, read_printed

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@pytest.mark.parametrize(
    "text",
    [
        "HN: 12-345678",
        "H.N. 12-345678 Male",
        "hn 12-345678",
        "HN:\r\n12-345678",
        "Hospital No. 12-345678",
        "Hospital Number: 12-345678",
        "MRN 12-345678",
        "Patient ID: 12-345678",
        "ID: 12-345678\n12-Mar-2018",
        "HN ๑๒-๓๔๕๖๗๘",
        "HN：12–345678",
        "ID: 999999 \n HN: 12-345678",
        "HN: 12-345678\nHN 12345678",
    ],
)
def test_the_number_is_found(text):
    assert "".join(c for c in read_printed(text).hn if c.isdigit()) == "12345678"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Patient ID: 1234567\r\nDevice ID: 00451234", "1234567"),
        ("Device ID: 00451234\r\nPatient ID: 1234567", "1234567"),
        ("ID: 1234567\r\nTechnician ID: 90012", "1234567"),
        ("10:11 ID: 1234567", "1234567"),
        ("Patient ID: 1234567\nID: 7654321", "1234567"),
        ("HN: 1234567/M/63Y", "1234567"),
        ("HN: 1234567/63Y/M", "1234567"),
        ("HN: 1234567/Male", "1234567"),
        ("HN: 12345/60", "12345/60"),
        ("HN: 12345/60 Male", "12345/60"),
        ("HN: 12345/60/M", "12345/60"),
        ("HN: 60/12345", "60/12345"),
        ("HN12345678", "12345678"),
        ("MRN12345678", "12345678"),
    ],
)
def test_the_number_is_the_patients_and_whole(text, number):
    printed = read_printed(text)
    assert (printed.hn, printed.ambiguous) == (number, False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("HN: 1234 5678", "12345678"),
        ("HN: 4321 5678 Male", "43215678"),
        ("HN: 12 345 678", "12345678"),
        ("HN: 12345 60 Y", "12345"),
        ("HN: 1234567 60", "1234567"),
        ("HN: 12345 10:11", "12345"),
        ("HN: 1234 14-Mar-2018", "1234"),
        ("HN 7654321M60", "7654321"),
        ("HN 7654321F45Y", "7654321"),
        ("HN: 7654322-60Y", "7654322"),
        ("HN No. 7654324", "7654324"),
        ("HN Number: 7654324", "7654324"),
        ("HN (7654325)", "7654325"),
        ("H/N 7654326", "7654326"),
        ("เลขประจำตัวผู้ป่วย 7654327", "7654327"),
        ("HN: 60A12345", "60A12345"),
        ("HN: 12345-60", "1234560"),
        ("HN: RAMA12345", "RAMA12345"),
    ],
)
def test_a_number_is_read_as_devices_print_it(text, number):
    printed = read_printed(f"{text}\n14-Mar-2018")
    assert "".join(c for c in printed.hn if c.isalnum()) == number
    assert not printed.hn_uncertain


@pytest.mark.parametrize("text", ["HN: 12345 60", "HN: 7,654,321", "HN 1234.5678", "HN: {7654321}", "HN: 1 2 3 4 5 6"])
def test_a_number_of_which_the_end_is_not_certain_is_said_to_be_so(text):
    printed = read_printed(text)
    assert (printed.hn, printed.hn_uncertain, printed.ambiguous) == (None, True, False)


@pytest.mark.parametrize(
    ("text", "possible", "uncertain"),
    [
        ("03/04/2018", (date(2018, 3, 4), date(2018, 4, 3)), True),
        ("3.4.2561 10:11", (date(2018, 3, 4), date(2018, 4, 3)), True),
        ("03/25/2018", (date(2018, 3, 25),), True),
        ("03-Apr-2018 printed as 03/04/2018", (), False),
        ("12-Mar-18", (), True),
        ("Somchai 13/05/1950\n03/04/2018", (), True),
        ("DOB: 03/04/1950", (), False),
        ("25/03/2018", (), False),
        ("HN: 1234567", (), False),
    ],
)
def test_a_day_that_can_be_read_in_two_ways_keeps_both(text, possible, uncertain):
    printed = read_printed(text)
    assert (printed.possible_dates, printed.date_uncertain) == (possible, uncertain)


@pytest.mark.parametrize("text", ["Device ID: 00451234", "Technician ID 90012", "Order ID: 1234\nDevice ID: 5678",
                                  "เครื่อง ID: 00451234", "JOHN12345678", "HNX 12345678"])  # fmt: skip
def test_no_other_number_is_taken_for_the_patients(text):
    assert read_printed(text) == Printed()


@pytest.mark.parametrize("text", ["", "Rate 75 bpm", "VOID 123456", "HN:", "ID 12/03/2018", "JOHN 12345678", "HN: 12"])
def test_no_number_is_invented(text):
    assert read_printed(text).hn is None


def test_two_numbers_are_ambiguous():
    printed = read_printed("HN: 12-345678\nHN: 12-345679")
    assert (printed.hn, printed.ambiguous) == (None, True)
    assert not read_printed("HN: 12-345678").ambiguous


def test_the_number_is_never_in_the_repr():
    printed = read_printed("HN: 12-345678  2018-03-12")
    assert "345678" not in repr(printed) and "2018" not in repr(printed)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12-Mar-2018", date(2018, 3, 12)),
        ("12 MARCH 2561 10:11", date(2018, 3, 12)),
        ("Mar 12, 2018", date(2018, 3, 12)),
        ("2018-03-12T10:11:12", date(2018, 3, 12)),
        ("2561/03/12", date(2018, 3, 12)),
        ("25/03/2018", date(2018, 3, 25)),
        ("25.03.2561", date(2018, 3, 25)),
        ("03/03/2018", date(2018, 3, 3)),
        ("12/03/2018", None),
        ("03/25/2018", None),
        ("31-Feb-2018", None),
        ("12-Mar-18", None),
        ("DOB: 01-Jan-1950\nRecorded: 12-Mar-2018", date(2018, 3, 12)),
        ("Date of birth 01-Jan-1950  12-Mar-2018", date(2018, 3, 12)),
        ("12-Mar-2018 Printed: 13-Mar-2018", date(2018, 3, 12)),
        ("11-Mar-2018 13-Mar-2018", None),
        ("Somchai 13/05/1950 68 years\r\n03/04/2018 10:11", None),
        ("12-Mar-18 10:11\r\nSomchai 04-Jan-1950", None),
        ("Mar 12, 18 10:11\r\n04-Jan-1950", None),
        ("12/03/61 10:11  13/05/1950", None),
        ("18-03-12 10:11  13/05/1950", None),
        ("31-Feb-2018 13-Mar-2018", None),
        ("13-Mar-2018 08:00 Confirmed\r\nECG 12/03/2018", None),
        ("ECG 12/03/2018\r\n13-Mar-2018", None),
        ("13/03/18 08:00 Confirmed\r\n12-Mar-2018 10:11", date(2018, 3, 12)),
        ("13-Mar-2018 8.00 PM, printed\r\n12-Mar-2018 10:11", date(2018, 3, 12)),
        ("13-Mar-2018T08:00:00 (Confirmed by Dr A)\r\n12-Mar-2018", date(2018, 3, 12)),
        ("12-Mar-2018 10:11\r\nConfirmed by Dr A", date(2018, 3, 12)),
        ("12-Mar-2018 10:11 Confirmed by Dr A on 13-Mar-2018", None),
        ("Recorded 12-Mar-2018 10:11 Confirmed\r\n13-Mar-2018", date(2018, 3, 12)),
        ("Recorded: 12-Mar-2018  13/05/50 68 years", date(2018, 3, 12)),
        ("DOB: 13/05/50\r\n12-Mar-2018", date(2018, 3, 12)),
        ("04-Jan-1949 12-Mar-2018", date(2018, 3, 12)),
        ("12-Mar-2018 10:11:12 rate 75, axes 50/60/70, 0.05-150 Hz, v10.2.18, 12 Mar 2018", date(2018, 3, 12)),
        ("12-Mar-2018 Tel. 02-419-7000", date(2018, 3, 12)),
        ("HN: 2018-03-12", date(2018, 3, 12)),
        ("HN 12345678 12-Mar-2018", date(2018, 3, 12)),
    ],
)
def test_the_day_is_read_only_with_certainty(text, day):
    assert read_printed(text).ecg_date == day


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.booleans())
def test_certain_spellings_are_read(day, buddhist):
    year = day.year + 543 if buddhist else day.year
    spellings = (f"{year}-{day.month:02d}-{day.day:02d}", f"{day.day:02d}-{MONTHS[day.month - 1]}-{year}")
    assert {read_printed(f"HN 1234567\nECG date: {s}").ecg_date for s in spellings} == {day}


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)))
def test_slashed_days_are_right_or_ignored(day):
    found = read_printed(f"{day.day:02d}/{day.month:02d}/{day.year}").ecg_date
    assert found == (day if day.day > 12 or day.day == day.month else None)


@given(
    st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.sampled_from(["%d/%m/%y", "%d-%b-%y", "%m.%d.%y", "%y-%m-%d"])
)
def test_a_day_of_which_the_century_is_missing_leaves_the_other_date_unproven(day, spelling):
    assert read_printed(f"{day.strftime(spelling)} 10:11\r\nSomchai 04-Jan-1950").ecg_date is None


@given(st.text(max_size=300))
def test_any_text_is_read_without_failing(text):
    printed = read_printed(text)
    assert not (printed.hn and printed.ambiguous)


@given(st.from_regex(r"[0-9]{2}-?[0-9]{5,7}", fullmatch=True))
def test_any_number_comes_back(number):
    assert read_printed(f"Name A B  HN: {number}  Age 61").hn == number


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("ecg/0045678_SOMCHAI.pdf", True),
        ("ecg/2019/hn 45-678/a.pdf", True),
        ("45678/2019/03/a.pdf", False),  # only the last folder: what stands before it is the inbox's own place
        ("ecg/4567.pdf", False),
        ("ecg/ecg_0001.pdf", False),
    ],
)
def test_a_path_that_holds_a_hospital_number_is_known(path, named):
    assert is_named_in("HN 045678", Path(path)) is named

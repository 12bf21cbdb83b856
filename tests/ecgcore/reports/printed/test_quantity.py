"""Paper speeds and gains in the text of a page, whatever the words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.reports.printed.quantity import Kind, Quantity, quantities

SPEED, GAIN = Kind.SPEED, Kind.GAIN
PAGES = (
    "{}",
    "HN: 7654321\n{}\nI aVR V1 V4\nII",
    "14-Mar-2018 10:11:12\n{}\nVent. rate 71 /min",
    "Male 60\n{}\n12-3456",
)


def read(text: str) -> list[tuple[Kind, tuple[float, ...]]]:
    return [(q.kind, tuple(round(value, 6) for value in q.values)) for q in quantities(text)]


@pytest.mark.parametrize(
    "text",
    ["50 mm/s", "50mm/s", "50 MM/S",
     "50 mm/ s", "50 mm / sec.", "50,0 mm/s", "5 cm/s", "5.0 cm per second", "50 mm/seg",
     "50 mm/Sek", "50 mm/sn", "50 mm per second", "50 millimetres per second", "50 Millimeter pro Sekunde",
     "50 milímetros por segundo", "50 мм/с", "50 мм/сек", "50 มม./วินาที", "๕๐ มม./วิ", "50 毫米/秒", "５０ｍｍ／ｓ",
     "50 mm·s⁻¹", "50 mm s-1", "50 mm.s^-1", "50 mmps", "3000 mm/min", "20 ms/mm", "0.02 s/mm", "1 s = 50 mm",
     "50 mm = 1 s", "mm/s: 50", "Speed (mm/s): 50", "Paper speed 50", "Vorschub: 50 mm", "\N{ZERO WIDTH SPACE}50 mm/s"],
)  # fmt: skip
def test_a_speed_is_read_in_any_words(text):
    for page in PAGES:
        assert read(page.format(text)) == [(SPEED, (50.0,))]


@pytest.mark.parametrize(
    "text",
    ["5 mm/mV", "5mm/1mV", "5 mm per mV", "0.5 cm/mV", "0,5cm/mV", "½ cm/mV", "1 mV = 5 mm", "1 mV/5 mm", "1mV:5mm",
     "5 mm = 1 mV", "0.2 mV/mm", "200 µV/mm", "5 мм/мВ", "5 มม./มิลลิโวลต์", "5 毫米/毫伏", "5 mm mV⁻¹", "Gain x1/2",
     "gain 0.5", "Gain: ×½", "x1/2", "×0.5", "Gain 5", "Sensitivity: 5 mm", "Std 1/2", "Ganancia 5 mm"],
)  # fmt: skip
def test_a_gain_is_read_in_any_words(text):
    for page in PAGES:
        assert read(page.format(text)) == [(GAIN, (5.0,))]


@pytest.mark.parametrize(
    ("text", "gains"),
    [("10/5 mm/mV", [10, 5]), ("5 / 10 mm/mV", [5, 10]), ("10-5 mm/mV", [10, 5]),
     ("Limb 10 mm/mV Chest 5 mm/mV", [10, 5]),
     ("Chest 5 Limb 10 mm/mV", [10, 5]), ("I-aVF 10, V1-V6 5 mm/mV", [5, 10]), ("10 mm/mV x1/2", [10, 5]),
     ("20 mm/mV chest", [20]), ("25 mm/s x2", [20]), ("Gain: 10/5", [10, 5])],
)  # fmt: skip
def test_every_gain_of_a_page_is_read(text, gains):
    for page in PAGES:
        assert [value for q in quantities(page.format(text)) if q.kind is GAIN for value in q.values] == gains


@pytest.mark.parametrize(
    "text",
    ["Available speeds: 5, 10, 25, 50 mm/s", "Speeds available: 25 mm/s, 50 mm/s", "25 mm/s, 50 mm/s selectable",
     "speed 25 or 50 mm/s", "5-50 mm/s", "5 / 10 / 25 / 50 mm/s", "Options: 5/10/20 mm/mV", "max. 50 mm/s",
     "selectable gains 5, 10, 20 mm/mV", "2.5, 5, 10, 20 mm/mV", "velocidades disponibles: 25, 50 mm/s",
     "wählbar: 25/50 mm/s", "ความเร็วที่เลือกได้ 25, 50 มม./วินาที", "доступные скорости: 25, 50 мм/с"],
)  # fmt: skip
def test_what_a_machine_offers_is_no_statement(text):
    assert [quantities(page.format(text)) for page in PAGES] == [[]] * len(PAGES)


@pytest.mark.parametrize(
    "text",
    ["", "0.05-150 Hz", "axis 50 degrees", "125 mmHg", "5 mm", "Vent. rate 71 /min", "ST 1 mm/80 ms", "Speed 2.5 km/h",
     "50 Hz 35 Hz", "QRS 90 ms", "12 leads x 10 s", "12/03/2018 10:25", "HN 12-345678", "10/5", "STD 1 mV", "25 mg/s"],
)  # fmt: skip
def test_other_numbers_say_nothing_of_speed_or_gain(text):
    assert [quantities(page.format(text)) for page in PAGES] == [[]] * len(PAGES)


@pytest.mark.parametrize(
    "text",
    ["rate 71, 25 mm/s, 10 mm/mV", "25mm/s10mm/mV", "F 60~ 0.5-100 Hz W 25 mm/s 10 mm/mV",
     "Options: 25 and 50 mm/s. Speed 25 mm/s 10 mm/mV", "Available speeds: 25, 50 mm/s\n25 mm/s 10 mm/mV",
     "25 mm/s 10 mm/mV options: filter on"],
)  # fmt: skip
def test_what_stands_beside_a_statement_does_not_change_it(text):
    for page in PAGES:
        assert sorted(read(page.format(text))) == [(GAIN, (10.0,)), (SPEED, (25.0,))]


LENGTHS = {"mm": 1, "cm": 10, "millimetre": 1, "มม.": 1, "мм": 1, "㎜": 1}
OTHERS = {
    SPEED: ("s", "sec", "seg", "Sek", "second", "วินาที", "с", "sn"),
    GAIN: ("mV", "millivolt", "мВ", "㎷", "มิลลิโวลต์"),
}
DIGITS = ["0123456789", "๐๑๒๓๔๕๖๗๘๙", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩"]


@settings(deadline=None)
@given(
    kind=st.sampled_from(list(Kind)),
    hundredths=st.integers(25, 20000),
    length=st.sampled_from(sorted(LENGTHS)),
    other=st.integers(0, 20),
    per=st.sampled_from(["/", " / ", " per ", "/1 ", " pro "]),
    point=st.sampled_from([".", ","]),
    digits=st.sampled_from(DIGITS),
    gap=st.sampled_from(["", " ", "\N{NO-BREAK SPACE}"]),
)
def test_a_number_with_its_units_comes_back(kind, hundredths, length, other, per, point, digits, gap):
    unit = OTHERS[kind][other % len(OTHERS[kind])]
    number = f"{hundredths / 100:.2f}".replace(".", point).translate(str.maketrans(DIGITS[0], digits))
    found = quantities(f"x {number}{gap}{length}{per}{unit} Hz")
    assert [q.kind for q in found] == [kind]
    assert found[0].values == pytest.approx((hundredths / 100 * LENGTHS[length],))


@settings(deadline=None)
@given(mm=st.integers(1, 40), tenths=st.integers(1, 40), sign=st.sampled_from(["/", " = ", ":", " per "]))
def test_a_gain_upside_down_comes_back(mm, tenths, sign):
    assert quantities(f"{tenths / 10:g} mV{sign}{mm} mm") == [Quantity(GAIN, (pytest.approx(mm / (tenths / 10)),))]


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_is_an_error(text):
    assert all(value > 0 for q in quantities(text) for value in q.values)

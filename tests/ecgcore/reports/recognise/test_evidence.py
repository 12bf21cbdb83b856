"""What the drawing says against a page: flat leads, leads in another order, calibration pulses, beats."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ecgcore.reports.page.format import LEADS, known_formats
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.page.reason import Caution, RefusalError
from ecgcore.reports.recognise.evidence import drawn_evidence, speed_doubt
from ecgcore.reports.recognise.heartbeat import Heartbeat
from ecgcore.reports.recognise.ink import COLUMN_STEP, find_traces
from ecgcore.reports.recognise.limb_leads import CABRERA
from ecgcore.reports.recognise.recognise import Match

FORMATS = {fmt.name: fmt for fmt in known_formats()}
BLANK = Page(np.full((2550, 3300, 3), 255, np.uint8), Extent.PAGE, exact=True)
RATE = 500
_WAVES = ((0.16, 0.025, 0.12, 0.05), (0.29, 0.008, -0.12, -0.05), (0.31, 0.011, 1.0, 0.4), (0.335, 0.009, -0.2, -0.1),
          (0.55, 0.05, 0.25, 0.1))  # fmt: skip


def heart(beats_a_minute: float = 72) -> dict[str, np.ndarray]:
    """Leads I and II of a made-up heart, and by Einthoven and Goldberger the others of the frontal plane; 20 s, mV."""
    phase = (np.arange(20 * RATE) / RATE) % (60 / beats_a_minute)
    one, two = (sum(wave[size] * np.exp(-(((phase - wave[0]) / wave[1]) ** 2)) for wave in _WAVES) for size in (3, 2))
    limbs = {"I": one, "II": two, "III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    return limbs | {f"V{i}": (0.4 + i / 10) * two - (1 - i / 6) * one for i in range(1, 7)}


def drawn(signals: list[np.ndarray], name: str, speed: float = 1.0, gain: float = 1.0) -> Match:
    """The ink of a page on which these twelve stand in the leads' places; speed and gain in times of the format's."""
    fmt = FORMATS[name]
    width, height = fmt.ecg_box.size
    canvas = np.full((height, width), 255, np.uint8)
    dx, dy = fmt.signal_box.left - fmt.ecg_box.left, fmt.signal_box.top - fmt.ecg_box.top
    ends = [*fmt.trace_starts[1:], width - dx]
    for i, signal in enumerate(signals):
        column, row = divmod(i, fmt.rows)
        x = fmt.trace_starts[column] + dx + np.arange(len(signal)) / RATE * fmt.px_per_s * speed
        y = fmt.zero_rows[row] + dy - signal * fmt.px_per_mV * gain
        shown = x < ends[column] + dx
        points = np.rint(np.column_stack([x, y])[shown] * 16).astype(np.int32)
        cv2.polylines(canvas, [points], False, 0, 3, cv2.LINE_AA, 4)
    ink = np.ascontiguousarray(canvas[:, ::COLUMN_STEP] < 205).view(np.uint8)
    return Match(fmt, canvas, dict(fmt.lead_boxes), find_traces(ink, fmt.lead_boxes), ink)


def in_order(signals: dict[str, np.ndarray], limbs: tuple[str, ...]) -> list[np.ndarray]:
    signed = [-signals[lead[1:]] if lead.startswith("-") else signals[lead] for lead in limbs]
    return [*signed, *(signals[lead] for lead in LEADS[6:])]


@pytest.mark.parametrize("name", FORMATS)
class TestLeads:
    def test_leads_in_their_places_need_no_caution(self, name):
        found = drawn_evidence("x", BLANK, drawn(in_order(heart(), LEADS[:6]), name))
        assert (found.cautions, found.gain) == ({}, False)
        assert found.heartbeat.rate == pytest.approx(72, rel=0.02)

    @pytest.mark.parametrize("order", [CABRERA, ("aVL", "I", "aVR", "II", "aVF", "III")])
    def test_cabreras_order_is_refused_without_any_text(self, name, order):
        with pytest.raises(RefusalError, match=r"wrong-leads .the limb leads are drawn in the order aVL, I, -aVR, II"):
            drawn_evidence("x", BLANK, drawn(in_order(heart(), order), name))

    @pytest.mark.parametrize("pair", [("I", "II"), ("II", "III"), ("I", "aVR")])
    def test_two_limb_leads_that_changed_places_are_cautioned(self, name, pair):
        places = [{pair[0]: pair[1], pair[1]: pair[0]}.get(lead, lead) for lead in LEADS[:6]]
        found = drawn_evidence("x", BLANK, drawn(in_order(heart(), tuple(places)), name))
        assert set(found.cautions) == {Caution.LEADS_DISAGREE}

    def test_a_flat_lead_is_named(self, name):
        signals = heart() | {"V3": np.zeros(20 * RATE), "V6": np.full(20 * RATE, 0.2)}
        found = drawn_evidence("x", BLANK, drawn(in_order(signals, LEADS[:6]), name))
        assert found.cautions == {Caution.FLAT_LEAD: "V3, V6"}

    def test_a_low_lead_is_not_flat(self, name):
        signals = heart()
        signals["V3"] = signals["V3"] / np.ptp(signals["V3"]) * 0.1
        assert drawn_evidence("x", BLANK, drawn(in_order(signals, LEADS[:6]), name)).cautions == {}

    def test_twelve_flat_leads_are_refused(self, name):
        with pytest.raises(RefusalError, match=r"empty-lead .every lead is a flat line"):
            drawn_evidence("x", BLANK, drawn([np.zeros(20 * RATE)] * 12, name))

    def test_a_page_at_another_speed_shows_another_rate(self, name):
        found = drawn_evidence("x", BLANK, drawn(in_order(heart(140), LEADS[:6]), name, speed=2))
        assert found.heartbeat.rate == pytest.approx(70, rel=0.02)
        doubt = speed_doubt(found.heartbeat, 140)
        assert doubt == {Caution.SPEED_DOUBTED: "the page prints 140 beats a minute, 70 are drawn"}


@pytest.mark.parametrize(
    ("beat", "printed", "doubted"),
    [(Heartbeat(70, 0.05), None, False), (Heartbeat(70, 0.05), 71, False), (Heartbeat(70, 0.05), 140, True),
     (Heartbeat(70, 0.05), 35, True), (Heartbeat(38, 0.05), None, False), (Heartbeat(36, 0.1), None, True),
     (Heartbeat(320, 0.03), None, True), (Heartbeat(20, 0.05), None, True), (None, 70, False)],
)  # fmt: skip
def test_a_speed_is_doubted_where_no_heart_beats_so(beat, printed, doubted):
    assert (Caution.SPEED_DOUBTED in speed_doubt(beat, printed)) is doubted


def with_pulses(name: str, mm: float, side: str = "left", closed: bool = False) -> Page:
    """A page with a step of this height beside each row of leads."""
    fmt = FORMATS[name]
    pixels = np.full((2550, 3300, 3), 255, np.uint8)
    px = fmt.dpi / 25.4
    left = 22 if side == "left" else 3200
    for row in fmt.zero_rows:
        foot, top = fmt.signal_box.top + row, round(fmt.signal_box.top + row - mm * px)
        steps = [(0, foot), (8, foot), (8, top), (38, top), (38, foot), (46, foot)]
        points = np.array([(left + x, y) for x, y in steps], np.int32)
        cv2.polylines(pixels, [points], closed, (0, 0, 0), 3)
    return Page(pixels, Extent.PAGE, exact=True)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_calibration_pulse_tells_the_gain(name, side):
    match = drawn(in_order(heart(), LEADS[:6]), name)
    assert drawn_evidence("x", with_pulses(name, 10, side), match).gain
    for mm in (5, 15):
        with pytest.raises(RefusalError, match=f"wrong-scale .a calibration pulse is {mm} mm high"):
            drawn_evidence("x", with_pulses(name, mm, side), match)
    assert not drawn_evidence("x", with_pulses(name, 5, side, closed=True), match).gain  # a frame, not a step
    assert not drawn_evidence("x", with_pulses(name, 7.5, side), match).gain  # no machine's setting

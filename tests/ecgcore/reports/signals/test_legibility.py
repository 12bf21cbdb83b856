"""Pages with faults at known places, by the tests' own writer; its 0 mV of I is at y 389 of the page, of II at 610."""

from dataclasses import replace

import numpy as np
import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from ecgcore.reports.report import read_report
from ecgcore.reports.signals.trace import signals_from_image

T = np.arange(5000) / 500
LEFT, WIDTH = 176, 1468  # page x of the first column; its columns in the canonical image
PX_PER_S, PX_PER_MV = 295.276, 118.110


def waves(size, width, times):
    return sum(size * np.exp(-0.5 * ((T - at) / width) ** 2) for at in times)


@pytest.fixture
def read(paper, written):
    """Draw an old page, its leads beats of at most 0.4 mV but for those given, and what ``extra`` adds; read it."""

    def go(extra=None, skip=(), **leads):
        small = {lead: 0.4 * values / np.abs(values).max() for lead, values in paper.beats().items()}

        def paint(pen):
            pen.canvas.setStrokeColorRGB(0, 0, 0)
            pen.style = replace(pen.style, skip=skip)
            paper.draw_old(pen, {**small, **leads})
            if extra:
                extra(pen)

        return signals_from_image(read_report(written(paper.page_of(paint))).image)

    return go


def shares(signals, name):
    return {q.lead: getattr(q, name) for q in signals.quality if getattr(q, name)}


def test_a_clean_page_has_nothing_to_report(read):
    for quality in read().quality:
        assert quality.covered == pytest.approx(1, abs=0.004)  # it draws 4.98 of 4.985 s
        assert (quality.gaps, quality.overlap, quality.text, quality.clipped) == (0, 0, 0, 0)


def test_a_wave_that_touches_the_next_lead(read):
    """S waves of I reach down to the line of II, 221 px or 1.871 mV below: both are reported, and only they."""
    times = (0.8, 1.8, 2.8, 3.8)
    signals = read(I=waves(-1.86, 0.02, times), II=np.zeros(5000))
    overlap = shares(signals, "overlap")
    assert set(overlap) == {"I", "II"} and overlap["I"] == overlap["II"]
    # 4 waves; each touches for a few columns: within 4 px (the pen) of the tip the wave is 2 * 0.2 * 0.02 s wide
    assert 4 * 2 <= overlap["I"] * WIDTH <= 4 * 8
    line = signals.millivolts[1, 10:2480]
    assert np.abs(line - np.median(line)).max() < 0.02
    wave = signals.millivolts[0, 10:2480]
    depths = [(wave - np.median(wave))[round(at * 500) - 15 : round(at * 500) + 5].min() for at in times]
    assert depths == pytest.approx([-1.86] * 4, abs=0.1)


def test_print_over_a_trace(read):
    """A word 320 to 560 px into III, its letters through the line."""
    y = 258 + 484 + 90
    signals = read(III=np.zeros(5000), extra=lambda pen: pen.text(LEFT + 320, y + 12, "MAXIMUM", 48))
    text = shares(signals, "text")
    assert set(text) == {"III"}
    assert text["III"] * WIDTH == pytest.approx(stringWidth("MAXIMUM", "Helvetica", 48), abs=25)


def test_print_beside_a_trace_is_no_fault_but_touching_it_is(read):
    y = 258 + 484 + 90
    assert not shares(read(III=np.zeros(5000), extra=lambda pen: pen.text(600, y - 30, "far", 36)), "text")
    assert set(shares(read(III=np.zeros(5000), extra=lambda pen: pen.text(600, y - 5, "near", 36)), "text")) == {"III"}


def test_a_trace_through_its_own_printed_name(read):
    """A step of 0.9 mV between 0.03 and 0.1 s runs through the rectangle of I, 26 to 56 px into the box."""
    raised = np.where((T > 0.03) & (T < 0.1), 0.73, 0.0)
    signals = read(I=raised)
    assert set(shares(signals, "text")) == {"I"}


def test_a_gap_is_counted_and_measured(read, paper):
    def broken(pen):
        for part in (slice(0, 700), slice(900, 2490)):
            xs, ys = paper.trace(paper.beats()["II"] * 0.3, LEFT, 258 + 262 + 90, 4.98)
            pen.line(xs[part], ys[part], 4)

    signals = read(extra=broken, skip=("II",))
    quality = signals.quality[1]
    assert quality.gaps == 1 and quality.longest_gap_s == pytest.approx(201 / 500, abs=4 / PX_PER_S)
    assert quality.covered == pytest.approx(1 - 201 / 500 * PX_PER_S / WIDTH, abs=5 / WIDTH)
    assert np.isnan(signals.millivolts[1, 712:890]).all() and np.isfinite(signals.millivolts[1, 20:690]).all()
    assert not shares(signals, "overlap")


def test_a_wave_that_leaves_the_picture_is_clipped(read):
    """The image ends at y 1600 of the page; 0 mV of aVF is at 1490, so 0.93 mV below it there is no more."""
    signals = read(aVF=waves(-1.5, 0.03, (1.0, 3.0)))
    assert set(shares(signals, "clipped")) == {"aVF"}
    assert signals.quality[5].covered < 1
    drawn = signals.millivolts[5][np.isfinite(signals.millivolts[5])]
    assert drawn.min() - np.median(drawn) == pytest.approx(-(1600 - 1490) / PX_PER_MV, abs=0.03)


def test_the_constant_of_a_printer_that_draws_0_elsewhere(read):
    """This one draws 0 mV of I at y 389, the format at 430."""
    signals = read(I=np.zeros(5000))
    assert np.nanmedian(signals.millivolts[0]) == pytest.approx((430 - 389) / PX_PER_MV, abs=0.01)

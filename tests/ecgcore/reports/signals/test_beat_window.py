import numpy as np
import pytest

from ecgcore.reports.page.format import LEADS
from ecgcore.reports.signals.beat_window import beat_window, cut_window
from ecgcore.reports.signals.lead_signals import LeadQuality, LeadSignals, SignalSource
from ecgcore.reports.signals.r_peak import find_r_peaks
from ecgcore.reports.signals.trace import signals_from_image

QUALITY = tuple(LeadQuality(lead, 1.0) for lead in LEADS)
OLD, NEW = (0,) * 6 + (1,) * 6, (0,) * 3 + (1,) * 3 + (2,) * 3 + (3,) * 3


def wave(t, peaks):
    return sum(np.exp(-0.5 * ((t - p) / 0.012) ** 2) for p in peaks) + 0.3


def signals(columns, peaks, drawn):
    """Leads of 1 mV beats on a 0.3 mV offset, each column drawn over its own seconds."""
    t = np.arange(5000) / 500
    millivolts = np.full((12, 5000), np.nan)
    for i, column in enumerate(columns):
        first, last = drawn[column]
        part = (t >= first) & (t < last)
        millivolts[i, part] = (i + 1) / 4 * wave(t[part], peaks)
    return LeadSignals(LEADS, millivolts, 500.0, SignalSource.PIXELS, QUALITY, columns)


PEAKS = np.arange(0.3, 10, 0.8)


def test_the_peak_is_sample_50_of_200_and_the_offset_is_gone():
    window = cut_window(signals(OLD, PEAKS, ((0, 5), (5, 10))))
    assert window.millivolts.shape == (12, 200) and window.millivolts.dtype == np.float32
    assert (window.millivolts.argmax(axis=1) == 50).all()
    assert window.millivolts.max(axis=1) == pytest.approx([(i + 1) / 4 for i in range(12)], abs=0.01)
    assert np.median(window.millivolts, axis=1) == pytest.approx(0, abs=1e-3)
    assert window.filled == (0.0,) * 12


def test_each_column_of_the_page_has_a_peak_of_its_own():
    window = cut_window(signals(OLD, PEAKS, ((0, 5), (5, 10))))
    # the first peak with 0.5 s before it: 1.1 of 0.3, 1.1, ... and 5.9 of 5.1, 5.9, ...
    assert window.peaks_s == pytest.approx([1.1] * 6 + [5.9] * 6, abs=0.003)


def test_the_window_of_a_short_column_is_the_one_with_most_in_it_and_the_rest_is_0():
    drawn = ((0, 2.37), (2.5, 4.87), (5, 7.37), (7.5, 9.87))
    window = cut_window(signals(NEW, (0.3, 1.0, 1.9, 3.1, 5.6, 9.0), drawn))
    # column 0: 1.0 leaves 0.13 s undrawn, 0.3 leaves 0.2 s before it; 1: 3.1 fits; 2: 5.6 fits; 3: 9.0 misses 0.63 s
    assert window.peaks_s == pytest.approx([1.0] * 3 + [3.1] * 3 + [5.6] * 3 + [9.0] * 3, abs=0.003)
    assert window.filled == pytest.approx([0.065] * 3 + [0.0] * 6 + [0.315] * 3, abs=0.006)
    assert (window.millivolts[0, -13:] == 0).all() and (window.millivolts[11, -63:] == 0).all()


def test_without_a_beat_the_window_starts_with_the_column():
    flat = signals(OLD, (), ((0.2, 5), (5, 10)))
    window = cut_window(flat)
    assert np.isnan(window.peaks_s).all() and window.filled == (0.0,) * 12
    assert (window.millivolts == 0).all()


def test_a_lead_without_a_trace_is_0_and_reported():
    given = signals(OLD, PEAKS, ((0, 5), (5, 10)))
    given.millivolts[4] = np.nan
    window = cut_window(given)
    assert (window.millivolts[4] == 0).all() and window.filled[4] == 1.0 and window.filled[3] == 0.0


@pytest.mark.parametrize("samples", [1, 100, 200, 1000])
def test_samples_are_even_over_two_seconds(samples):
    window = beat_window(signals(OLD, PEAKS, ((0, 5), (5, 10))), samples)
    t = 1.1 - 0.5 + 2.0 * np.arange(samples) / samples
    expected = wave(t, PEAKS) / 4 - 0.3 / 4
    np.testing.assert_allclose(window[0], expected, atol=0.004)


def test_no_samples_is_an_error():
    with pytest.raises(ValueError, match="positive"):
        beat_window(signals(OLD, PEAKS, ((0, 5), (5, 10))), 0)


@pytest.mark.parametrize("fmt", ["old", "new"])
def test_the_window_of_a_page_is_that_of_the_record(drawn, fmt):
    study = drawn.drawn(drawn.KINDS.index((fmt, "letter")), fmt, "letter")
    read = signals_from_image(study.image)
    window = cut_window(read)
    again = cut_window(signals_from_image(study.image))
    np.testing.assert_array_equal(window.millivolts, again.millivolts)
    t = np.arange(study.record.signals.shape[1]) / 500
    for i in range(12):
        times = window.peaks_s[i] - 0.5 + np.arange(200) / 100
        true = np.interp(times, t, study.record.signals[i])
        inside = window.millivolts[i] != 0
        apart = (window.millivolts[i] - true)[inside]
        assert np.std(apart) < 0.03
        beats = study.record.rhythm.times
        assert np.abs(beats - window.peaks_s[i]).min() < 0.06
    assert len(find_r_peaks(study.record.signals, 500)) >= 5

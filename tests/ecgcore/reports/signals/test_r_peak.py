import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.reports.signals.r_peak import find_r_peaks

RATE = 500


def beats(times, seconds, size=1.0, rate=RATE):
    """Two leads of Gaussian P, R and T waves with R peaks at known times."""
    t = np.arange(round(seconds * rate)) / rate
    waves = ((-0.16, 0.022, 0.12), (0.0, 0.011, 1.0), (0.28, 0.05, 0.3))
    lead = sum(a * np.exp(-0.5 * ((t - r - m) / s) ** 2) for r in times for m, s, a in waves)
    return size * np.array([lead, -0.6 * lead])


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.floats(0.45, 1.3), min_size=3, max_size=8),
    size=st.floats(0.2, 3.0),
    rate=st.sampled_from([250, 500]),
)
def test_every_beat_is_found_within_a_sample(gaps, size, rate):
    times = 0.5 + np.cumsum(gaps) - gaps[0]
    found = find_r_peaks(beats(times, times[-1] + 0.6, size, rate), rate)
    assert found == pytest.approx(times, abs=1.01 / rate)


def test_noise_of_a_twentieth_of_the_r_wave_adds_no_beat():
    times = np.arange(0.4, 9.9, 0.8)
    noise = np.random.default_rng(0).normal(0, 0.05, (2, 5000))
    assert find_r_peaks(beats(times, 10) + noise, RATE) == pytest.approx(times, abs=0.02)


def test_a_tall_p_wave_does_not_hide_a_flat_qrs():
    t = np.arange(2500) / RATE
    times = np.arange(0.5, 5, 0.75)
    lead = sum(
        0.15 * np.exp(-0.5 * ((t - r + 0.16) / 0.020) ** 2) + 0.25 * np.exp(-0.5 * ((t - r) / 0.018) ** 2)
        for r in times
    )
    assert find_r_peaks(np.array([lead]), RATE) == pytest.approx(times, abs=0.004)


@pytest.mark.parametrize(
    "millivolts", [np.zeros((3, 1000)), np.full((3, 1000), 1.5), np.zeros((3, 10)), np.zeros((3, 0))]
)
def test_a_flat_or_short_record_has_no_beat(millivolts):
    assert find_r_peaks(millivolts, RATE).tolist() == []


def test_a_negative_complex_counts_as_a_positive_one():
    millivolts = beats([0.6, 1.4, 2.2], 3.0)
    np.testing.assert_array_equal(find_r_peaks(-millivolts, RATE), find_r_peaks(millivolts, RATE))


def test_the_true_beats_of_the_synthetic_hospital(drawn):
    """Within 60 ms, which a wide or split QRS needs: at most one beat in a hundred is missed, and one is false."""
    from ecgcore.synth.patient import draw_study
    from ecgcore.synth.record import draw_record

    beats_seen, missed, false = 0, 0, 0
    for index in range(20):
        record = draw_record(drawn.SEED, draw_study(drawn.SEED, index))
        true, found = record.rhythm.times, find_r_peaks(record.signals[:, :5000], RATE)
        inner = true[(true > 0.1) & (true < 9.9)]
        beats_seen += len(inner)
        missed += int((np.abs(inner[:, None] - found).min(axis=1) > 0.06).sum())
        false += int((np.abs(found[:, None] - true).min(axis=1) > 0.06).sum())
    assert beats_seen > 200 and missed <= 0.01 * beats_seen and false <= 0.01 * beats_seen

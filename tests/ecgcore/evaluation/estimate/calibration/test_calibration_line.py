"""Slope, intercept and expected over observed: R's glm, known truth, and what has no estimate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.calibration.calibration_line import calibration_line, log_odds


@pytest.mark.parametrize("score", ["sharp", "weak"])
def test_coefficients_and_wald_intervals_are_those_of_glm(r_cases, from_r, score):
    found = calibration_line(r_cases.label, r_cases[score])
    for name, interval in (("slope", found.slope), ("intercept in the large", found.intercept_in_the_large)):
        expected = [from_r[f"{name} {score}"], from_r[f"{name} low {score}"], from_r[f"{name} high {score}"]]
        assert [interval.value, interval.low, interval.high] == pytest.approx(expected, abs=1e-6)


def test_right_probabilities_give_slope_one_and_intercept_none():
    rng = np.random.default_rng(0)
    truth = expit(rng.normal(-1, 1.5, 20_000))
    found = calibration_line(rng.random(20_000) < truth, truth)
    assert found.slope.low < 1 < found.slope.high
    assert found.intercept_in_the_large.low < 0 < found.intercept_in_the_large.high
    assert found.expected_over_observed.low < 1 < found.expected_over_observed.high


def test_a_known_distortion_is_found():
    rng = np.random.default_rng(1)
    truth = expit(rng.normal(-1, 1, 40_000))
    found = calibration_line(rng.random(40_000) < truth, expit(2 * logit(truth)))
    assert found.slope.value == pytest.approx(0.5, abs=0.02)
    shifted = calibration_line(rng.random(40_000) < truth, expit(logit(truth) + 0.7))
    assert shifted.intercept_in_the_large.value == pytest.approx(-0.7, abs=0.05)


def test_expected_over_observed_by_hand():
    # Mean probability .3, two of ten positive: 1.5. Clopper-Pearson of 2 of 10 is .02521 to .55610 (tables).
    found = calibration_line([1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [0.2, 0.4] * 5).expected_over_observed
    assert (found.value, found.low, found.high) == pytest.approx((1.5, 0.3 / 0.55610, 0.3 / 0.02521), rel=1e-3)


def test_certain_probabilities_have_finite_log_odds():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 200)
    found = calibration_line(labels, np.where(rng.random(200) < 0.8, labels, 1 - labels))
    assert 0 < found.slope.value < 0.2


@pytest.mark.parametrize(
    ("labels", "probabilities", "reason"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], "separates the classes"),
        ([1, 1, 0, 0], [0.1, 0.2, 0.2, 0.9], "separates the classes"),  # the wrong way, with a tie at the edge
        ([0, 1, 0, 1], [0.5] * 4, "equal probabilities"),
    ],
)
def test_without_a_slope_the_other_two_stand(labels, probabilities, reason):
    found = calibration_line(labels, probabilities)
    assert found.slope is None and reason in found.no_slope
    # the intercept solves: sum of expit(log-odds + intercept) = number of positives
    odds, wanted = logit(probabilities), sum(labels)
    root = brentq(lambda intercept: expit(odds + intercept).sum() - wanted, -20, 20, xtol=1e-12)
    assert found.intercept_in_the_large.value == pytest.approx(root, abs=1e-9)
    assert found.expected_over_observed.value == pytest.approx(sum(probabilities) / wanted)


def test_nearly_certain_and_all_right_probabilities_have_an_intercept():
    labels = np.repeat([1, 0], [20, 30])
    found = calibration_line(labels, np.where(labels == 1, 1 - 1e-6, 1e-6))
    # 30 p' + 20 (1 - p'') = 0 to first order, with odds of 1e-6 shifted by b: 30 e^b = 20 e^-b
    assert found.intercept_in_the_large.value == pytest.approx(0.5 * np.log(20 / 30), abs=1e-5)


def test_labels_of_one_class_are_refused():
    with pytest.raises(EvaluationError, match="both classes"):
        calibration_line([1, 1], [0.5, 0.6])


def test_rare_probabilities_are_not_equal():
    """Moving all log-odds by one number moves the intercept and leaves the slope."""
    rng = np.random.default_rng(4)
    odds = rng.normal(size=200)
    labels = rng.random(200) < expit(odds)
    near, far = (calibration_line(labels, expit(odds - moved)).slope for moved in (0, 20))
    assert expit(odds - 20).max() < 1e-6
    assert [far.value, far.low, far.high] == pytest.approx([near.value, near.low, near.high], rel=1e-6)


def test_zero_and_one_lie_beyond_every_other_probability():
    found = log_odds(np.array([0, 1e-9, 0.5, 1 - 1e-9, 1]))
    assert (np.diff(found) >= 0).all() and np.isfinite(found).all()
    assert log_odds(np.array([0.0, 0.5, 1.0])) == pytest.approx([-13.8155, 0, 13.8155], abs=1e-4)

"""Brier score against scikit-learn and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from sklearn.metrics import brier_score_loss

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.calibration.brier import brier


def test_value_and_interval_are_those_of_the_libraries():
    rng = np.random.default_rng(0)
    probabilities = rng.random(150)
    labels = (rng.random(150) < probabilities).astype(int)
    expected = ttest_1samp((probabilities - labels) ** 2, 0).confidence_interval(0.95)
    found = brier(labels, probabilities)
    assert found.value == pytest.approx(brier_score_loss(labels, probabilities))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_coverage_of_calibrated_probabilities_is_near_its_level():
    # For p uniform and y ~ Bernoulli(p), the expected score is E[p (1 - p)] = 1 / 6.
    rng, covered = np.random.default_rng(4), 0
    for _ in range(2000):
        probabilities = rng.random(300)
        found = brier((rng.random(300) < probabilities).astype(int), probabilities)
        covered += found.low <= 1 / 6 <= found.high
    assert abs(covered / 2000 - 0.95) <= 2.576 * np.sqrt(0.95 * 0.05 / 2000)


def test_without_variance_the_interval_stays_wide():
    found = brier([0, 1, 0, 1], [0.5] * 4)
    assert found.value == 0.25
    assert found.high - found.low > 0.5


@pytest.mark.parametrize("wrong", [1.1, -0.1])
def test_probabilities_outside_zero_and_one_are_refused(wrong):
    with pytest.raises(EvaluationError, match="between 0 and 1"):
        brier([0, 1], [0.5, wrong])

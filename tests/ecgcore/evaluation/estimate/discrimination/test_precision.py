"""Average precision against scikit-learn and chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import average_precision_score

from ecgcore.evaluation.estimate.discrimination.precision import average_precision
from ecgcore.evaluation.estimate.resampling import Resampling
from ecgcore.evaluation.frame.sample import make_sample


@pytest.mark.parametrize("levels", [5, 1000])
def test_value_is_scikit_learns_with_and_without_ties(levels):
    rng = np.random.default_rng(levels)
    labels, scores = rng.integers(0, 2, 300), rng.integers(0, levels, 300) / levels
    found = average_precision(make_sample(labels, scores), resampling=Resampling(100))
    assert found.precision.value == pytest.approx(average_precision_score(labels, scores), abs=1e-12)
    assert found.prevalence == pytest.approx(labels.mean())


def test_equal_scores_reach_the_prevalence():
    found = average_precision(make_sample([1, 0, 0, 0], [0.5] * 4), resampling=Resampling(100))
    assert found.precision.value == found.prevalence == 0.25


def test_draws_are_those_of_explicit_resampling():
    # The same patients drawn row by row and scored by scikit-learn must give the same distribution.
    rng = np.random.default_rng(2)
    labels = np.repeat([1, 0], [40, 80])
    scores = expit(rng.normal(labels * 1.2))
    found = average_precision(make_sample(labels, scores), resampling=Resampling(4000, 1)).precision
    rows = [np.concatenate([rng.integers(0, 40, 40), rng.integers(40, 120, 80)]) for _ in range(600)]
    draws = [average_precision_score(labels[r], scores[r]) for r in rows]
    assert (found.low, found.high) == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.02)

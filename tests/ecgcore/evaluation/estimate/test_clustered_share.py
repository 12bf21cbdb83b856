"""Shares of studies whose patients have several, against hand computation and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, norm, t

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.clustered_share import mean_variance, share_interval
from ecgcore.evaluation.estimate.proportion import clopper_pearson

HITS = np.repeat([True, False], [30, 12])


@pytest.mark.parametrize("patients", [None, np.arange(42), [f"P{i}" for i in range(42)]])
def test_without_repeats_it_is_clopper_pearsons_to_the_last_bit(patients):
    assert share_interval(HITS, patients) == clopper_pearson(30, 42)


def test_three_equal_studies_of_each_patient_tell_what_one_does():
    # The ratio variance of three equal copies is p (1 - p) / (c - 1); Korn and Graubard shrink by (z / t)^2.
    found = share_interval(np.repeat(HITS, 3), np.repeat(np.arange(42), 3))
    n = 41 * (norm.ppf(0.975) / t.ppf(0.975, 41)) ** 2
    hits = n * 30 / 42
    expected = beta.ppf(0.025, hits, n - hits + 1), beta.ppf(0.975, hits + 1, n - hits)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)
    assert "by patient" in found.method


def test_the_variance_of_a_ratio_by_hand():
    # Mean 1/2; sums of deviations by patient: 0, 1/2, -1/2; 3/2 * 1/2 / 6^2.
    values = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    assert mean_variance(values, np.array([0, 0, 1, 2, 2, 2])) == pytest.approx(1.5 * 0.5 / 36)
    assert mean_variance(values, np.arange(6)) == pytest.approx(values.var(ddof=1) / 6)


def test_it_is_near_the_jackknife_of_patients():
    rng = np.random.default_rng(3)
    numbers = np.repeat(np.arange(150), rng.integers(1, 5, 150))
    values = (rng.normal(size=150)[numbers] + rng.normal(size=numbers.size) > 0.4).astype(float)
    left = np.array([values[numbers != i].mean() for i in range(150)])
    jackknife = 149 / 150 * ((left - left.mean()) ** 2).sum()
    assert mean_variance(values, numbers) == pytest.approx(jackknife, rel=0.02)


@pytest.mark.parametrize("hit", [True, False])
def test_all_alike_count_as_many_as_there_are_patients(hit):
    found, one = share_interval(np.full(12, hit), np.repeat(np.arange(4), 3)), clopper_pearson(4 * hit, 4)
    assert (found.value, found.low, found.high) == pytest.approx((one.value, one.low, one.high))


def test_one_patient_tells_almost_nothing():
    found = share_interval(np.array([True, False, True]), [7, 7, 7])
    assert found.low < 0.01 and found.high > 0.99


def test_opposite_answers_within_patients_do_not_count_as_more_studies_than_there_are():
    found = share_interval(np.tile([True, False], 20), np.repeat(np.arange(20), 2))
    one = clopper_pearson(20, 40)
    assert found.low <= one.low and found.high >= one.high


def test_patients_must_fit():
    with pytest.raises(EvaluationError, match="patients"):
        share_interval(HITS, [1, 2])
    with pytest.raises(EvaluationError, match="gaps"):
        share_interval(HITS, [None, *range(41)])

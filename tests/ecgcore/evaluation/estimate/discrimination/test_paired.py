"""The paired difference against DeLong's own data, the definition, and the conservative bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.auc import Scale, auc_interval
from ecgcore.evaluation.estimate.discrimination.paired import paired_difference

# The 43 complete patients of DeLong, DeLong and Clarke-Pearson (Biometrics 1988), as SAS prints them:
# albumin, total protein, K-G score (to be subtracted from 10), benefit from surgery.
_PRINTED = """
    3.0 5.8 10 0 3.2 6.3 5 1 3.9 6.8 3 1 2.8 4.8 6 0 3.2 5.8 3 1 0.9 4.0 5 0 2.5 5.7 8 0 1.6 5.6 5 1 3.8 5.7 5 1
    3.7 6.7 6 1 3.2 5.4 4 1 3.8 6.6 6 1 4.1 6.6 5 1 3.6 5.7 5 1 4.3 7.0 4 1 3.6 6.7 4 0 2.3 4.4 6 1 4.2 7.6 4 0
    4.0 6.6 6 0 3.5 5.8 6 1 3.8 6.8 7 1 3.0 4.7 8 0 4.5 7.4 5 1 3.7 7.4 5 1 3.1 6.6 6 1 4.1 8.2 6 1 4.3 7.0 5 1
    4.3 6.5 4 1 3.2 5.1 5 1 2.6 4.7 6 1 3.3 6.8 6 0 1.7 4.0 7 0 3.7 6.1 5 1 3.3 6.3 7 1 4.2 7.7 6 1 3.5 6.2 5 1
    2.9 5.7 9 0 2.1 4.8 7 1 2.8 6.2 8 0 4.0 7.0 7 1 3.3 5.7 6 1 3.7 6.9 5 1 3.6 6.6 5 1
"""
PATIENTS = np.loadtxt(_PRINTED.split()).reshape(-1, 4)
ALBUMIN, PROTEIN, SCORE, BENEFIT = PATIENTS[:, 0], PATIENTS[:, 1], 10 - PATIENTS[:, 2], PATIENTS[:, 3]


@pytest.mark.parametrize(
    ("test", "area", "error", "low", "high"),
    [
        # SAS/STAT, PROC LOGISTIC, example on comparing ROC curves, table of ROC association statistics
        (ALBUMIN, 0.7366, 0.0927, 0.5549, 0.9182),
        (SCORE, 0.7258, 0.1028, 0.5243, 0.9273),
        (PROTEIN, 0.6478, 0.1000, 0.4518, 0.8439),
    ],
)
def test_single_areas_are_those_that_sas_prints(test, area, error, low, high):
    found = auc_interval(BENEFIT, test, scale=Scale.PLAIN)
    assert [round(x, 4) for x in (found.value, found.low, found.high)] == [area, low, high]
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(error, abs=5.1e-5)


@pytest.mark.parametrize(
    ("test", "difference", "error", "low", "high"),
    [(ALBUMIN, 0.0108, 0.0953, -0.1761, 0.1976), (PROTEIN, -0.0780, 0.1046, -0.2830, 0.1271)],
)
def test_differences_from_the_kg_score_are_those_that_sas_prints(test, difference, error, low, high):
    found = paired_difference(BENEFIT, test, SCORE)
    interval = found.difference
    assert [round(x, 4) for x in (interval.value, interval.low, interval.high)] == [difference, low, high]
    assert round(found.standard_error, 4) == error


def covariance_by_definition(labels, first, second):
    """DeLong 1988, equations 4 to 6, with explicit loops: variance of the difference."""
    components = []
    for scores in (first, second):
        x, y = scores[labels == 1], scores[labels == 0]
        psi = np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in y] for a in x])
        components.append((psi.mean(axis=1), psi.mean(axis=0)))
    s10 = np.cov([components[0][0], components[1][0]])
    s01 = np.cov([components[0][1], components[1][1]])
    s = s10 / len(components[0][0]) + s01 / len(components[0][1])
    return s[0, 0] + s[1, 1] - 2 * s[0, 1]


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_variance_is_that_of_the_covariance_matrix(seed):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1], [rng.integers(3, 20), rng.integers(3, 20)]))
    first, second = rng.integers(0, 6, (2, labels.size)).astype(float)
    expected = covariance_by_definition(labels, first, second)
    found = paired_difference(labels, first, second)
    assert found.standard_error**2 == pytest.approx(expected if expected > 1e-15 else 0.0, abs=1e-12)


def test_a_candidate_that_orders_every_pair_alike_is_bounded_not_certain():
    # No pair of 20 disjoint ones ordered differently: the share of such pairs is below 1 - .05 ** (1 / 20) = 0.13911.
    rng = np.random.default_rng(0)
    labels, scores = np.repeat([1, 0], [20, 60]), rng.normal(size=80)
    found = paired_difference(labels, np.exp(scores), scores)
    assert found.difference.value == 0
    assert (found.difference.low, found.difference.high) == pytest.approx((-0.13911, 0.13911), abs=1e-5)


def test_a_difference_without_variance_gets_hoeffdings_width():
    # Perfect against constant: .5 in every placement; the kernel's range is 2: 2 sqrt(log(40) / (2 * 50)) = 0.38413.
    labels = np.repeat([1, 0], [50, 50])
    found = paired_difference(labels, labels, np.zeros(100))
    assert found.difference.value == 0.5
    assert (found.difference.low, found.difference.high) == pytest.approx((0.5 - 0.38413, 0.5 + 0.38413), abs=1e-5)


def test_swapping_the_models_turns_the_sign():
    there, back = paired_difference(BENEFIT, ALBUMIN, SCORE), paired_difference(BENEFIT, SCORE, ALBUMIN)
    assert there.difference.low == pytest.approx(-back.difference.high, abs=1e-12)


def test_other_rows_are_refused():
    with pytest.raises(EvaluationError, match="shape"):
        paired_difference(BENEFIT, ALBUMIN, SCORE[:-1])


@pytest.mark.full
def test_coverage_of_the_difference_is_consistent_with_95_percent():
    """Correlated binormal scores of equal AUC at the scar test set's size, 4,000 samples, 99 % Monte-Carlo bound."""
    rng, covered, samples = np.random.default_rng(11), 0, 4000
    labels = np.repeat([1, 0], [236, 659])
    for _ in range(samples):
        shared = rng.normal(labels * 1.395)  # AUC .838 without noise; both models get the same amount of it
        noise = rng.normal(size=(2, labels.size)) * 0.5
        interval = paired_difference(labels, shared + noise[0], shared + noise[1]).difference
        covered += interval.low <= 0 <= interval.high
    assert abs(covered / samples - 0.95) <= 2.576 * np.sqrt(0.95 * 0.05 / samples)

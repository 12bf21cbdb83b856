"""AUC and DeLong against published numbers, SciPy, and the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.auc import Scale, auc, auc_interval, placements
from ecgcore.evaluation.estimate.interval import normal_quantile

# Hanley and McNeil, Radiology 1982, table 1: ratings 1 to 5 of 58 normal and 51 abnormal CT images.
RATINGS = np.repeat([1, 2, 3, 4, 5, 1, 2, 3, 4, 5], [33, 6, 6, 11, 2, 3, 2, 2, 11, 33])
DISEASE = np.repeat([0, 1], [58, 51])


def by_definition(labels, scores):
    """DeLong's components from all pairs, O(mn): the area and its variance."""
    labels, scores = np.asarray(labels), np.asarray(scores, dtype=float)
    x, y = scores[labels == 1], scores[labels == 0]
    psi = np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in y] for a in x])
    v10, v01 = psi.mean(axis=1), psi.mean(axis=0)
    s10 = sum((v - psi.mean()) ** 2 for v in v10) / (len(x) - 1)
    s01 = sum((v - psi.mean()) ** 2 for v in v01) / (len(y) - 1)
    return psi.mean(), s10 / len(x) + s01 / len(y)


def test_hanley_mcneil_images_give_the_area_and_interval_that_stata_prints():
    # Stata's manual, roctab: ROC area 0.8932, standard error 0.0307, 95 % interval .83295 to .95339 (DeLong, plain).
    found = auc_interval(DISEASE, RATINGS, scale=Scale.PLAIN)
    assert round(found.value, 4) == 0.8932
    assert round((found.high - found.low) / 2 / 1.959964, 4) == 0.0307
    assert (round(found.low, 5), round(found.high, 5)) == (0.83295, 0.95339)


def test_logit_interval_is_the_plain_one_carried_through_the_derivative():
    value, error = 0.8931711, 0.0307238
    half = 1.959964 * error / (value * (1 - value))
    logit = np.log(value / (1 - value))
    found = auc_interval(DISEASE, RATINGS)
    assert found.low == pytest.approx(1 / (1 + np.exp(-(logit - half))), abs=2e-6)
    assert found.high == pytest.approx(1 / (1 + np.exp(-(logit + half))), abs=2e-6)
    assert found.method == "DeLong, logit scale"


tied_samples = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=6, max_size=40).filter(
    lambda rows: 2 <= sum(label for label, _ in rows) <= len(rows) - 2
)


@given(tied_samples)
@settings(max_examples=100, deadline=None)
def test_midranks_equal_the_definition_with_ties(rows):
    labels, scores = map(np.array, zip(*rows, strict=True))
    area, variance = by_definition(labels, scores)
    placed = placements(scores[labels == 1].astype(float), scores[labels == 0].astype(float))
    assert float(placed.auc) == pytest.approx(area, abs=1e-12)
    assert float(placed.variance) == pytest.approx(variance, abs=1e-12)


@given(tied_samples)
@settings(max_examples=100, deadline=None)
def test_area_is_scipys_mann_whitney_statistic(rows):
    labels, scores = map(np.array, zip(*rows, strict=True))
    positive, negative = scores[labels == 1], scores[labels == 0]
    expected = mannwhitneyu(positive, negative).statistic / (positive.size * negative.size)
    assert auc(labels, scores) == pytest.approx(expected, abs=1e-12)


@given(tied_samples, st.sampled_from(list(Scale)))
@settings(max_examples=100, deadline=None)
def test_every_interval_encloses_the_area_within_zero_and_one(rows, scale):
    labels, scores = zip(*rows, strict=True)
    found = auc_interval(labels, scores, scale=scale)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(tied_samples)
@settings(max_examples=50, deadline=None)
def test_turning_the_scores_round_mirrors_the_interval(rows):
    labels, scores = map(np.array, zip(*rows, strict=True))
    up, down = auc_interval(labels, scores), auc_interval(labels, -scores)
    assert (down.low, down.high) == pytest.approx((1 - up.high, 1 - up.low), abs=1e-9)


def test_perfect_separation_gets_the_exact_bound_of_disjoint_pairs():
    # Three independent pairs in order have probability AUC ** 3; at 95 % two-sided that is 0.025 ** (1 / 3) = 0.2924.
    found = auc_interval([1, 1, 1, 0, 0, 0, 0], [7, 8, 9, 1, 2, 3, 4])
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.29240, abs=1e-5)
    assert "disjoint pairs" in found.method


def test_perfect_inversion_mirrors_it():
    found = auc_interval([0, 0, 0, 1, 1, 1], [7, 8, 9, 1, 2, 3])
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.29240, abs=1e-5)


def test_the_bound_at_perfect_separation_holds_by_simulation():
    # A truth just at the bound must separate 5 from 5 cases in at most 2.5 % of samples.
    from ecgcore.evaluation.estimate.bound import separated_bound
    from ecgcore.evaluation.simulation.coverage import simulate

    bound = separated_bound(5, 0.95)
    perfect = sum(int((p.auc == 1).sum()) for p in simulate(bound, 5, 5, 20_000, seed=3))
    assert perfect / 20_000 <= 0.025


def test_constant_scores_are_a_half_with_hoeffdings_width():
    # sqrt(log(2 / .05) / (2 * 8)) = 0.48017
    found = auc_interval([1] * 8 + [0] * 20, [0.3] * 28)
    assert found.value == 0.5
    assert (found.low, found.high) == pytest.approx((0.5 - 0.48017, 0.5 + 0.48017), abs=1e-5)


def test_one_positive_says_almost_nothing():
    found = auc_interval([1, 0, 0, 0], [0.5, 0.1, 0.2, 0.9])
    assert (found.low, found.high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([1, 1], [0.1, 0.2], "need both classes"),
        ([0, 0], [0.1, 0.2], "need both classes"),
        ([0, 1], [0.1, float("nan")], "NaN"),
        ([0, 1], [0.1, float("inf")], "infinity"),
        ([0, 2], [0.1, 0.2], "must all be 0 or 1"),
        ([0, float("nan")], [0.1, 0.2], "must all be 0 or 1"),
        ([0, 1], [0.1], "shape"),
        ([], [], "non-empty"),
    ],
)
def test_undefined_areas_are_refused(labels, scores, message):
    with pytest.raises(EvaluationError, match=message):
        auc_interval(labels, scores)


@pytest.mark.parametrize("level", [0, 1, 1.5, float("nan")])
def test_a_level_outside_zero_and_one_is_refused(level):
    with pytest.raises(EvaluationError, match="confidence level"):
        auc_interval(DISEASE, RATINGS, level)


def test_normal_quantile_is_the_textbook_number():
    assert normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize("score", ["sharp", "coarse", "weak"])
def test_the_plain_interval_is_that_of_proc(r_cases, from_r, score):
    found = auc_interval(r_cases.label, r_cases[score], scale=Scale.PLAIN)
    expected = [from_r[f"auc {score}"], from_r[f"auc low {score}"], from_r[f"auc high {score}"]]
    assert [found.value, found.low, found.high] == pytest.approx(expected, abs=1e-12)

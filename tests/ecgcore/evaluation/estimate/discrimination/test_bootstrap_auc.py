"""The bootstrapped area: its value, and its width against pROC and against truth with repeated studies."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from ecgcore.evaluation.estimate.discrimination.auc import auc, auc_interval
from ecgcore.evaluation.estimate.discrimination.bootstrap_auc import bootstrap_auc_interval
from ecgcore.evaluation.estimate.resampling import Resampling
from ecgcore.evaluation.frame.sample import make_sample

FEW = Resampling(200)


@pytest.mark.parametrize("score", ["sharp", "coarse", "weak"])
def test_value_and_ends_are_near_those_of_proc(r_cases, from_r, score):
    found = bootstrap_auc_interval(make_sample(r_cases.label, r_cases[score]), resampling=Resampling(4000, 1))
    assert found.value == pytest.approx(from_r[f"auc {score}"], abs=1e-12)
    width = from_r[f"auc high {score}"] - from_r[f"auc low {score}"]
    assert found.high - found.low == pytest.approx(width, rel=0.05)


def test_weights_count_ties_half():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 200), rng.integers(0, 6, 200) / 6
    assert bootstrap_auc_interval(make_sample(labels, scores)).value == pytest.approx(auc(labels, scores))


def test_studies_repeated_four_times_do_not_narrow_the_interval():
    rng = np.random.default_rng(4)
    labels = np.repeat([1, 0], [60, 140])
    scores = expit(rng.normal(labels * 1.2))
    single = bootstrap_auc_interval(make_sample(labels, scores), resampling=Resampling(4000, 1))
    patients = np.repeat(np.arange(200), 4)
    repeated = make_sample(np.repeat(labels, 4), np.repeat(scores, 4), patients)
    clustered = bootstrap_auc_interval(repeated, resampling=Resampling(4000, 2))
    assert clustered.high - clustered.low == pytest.approx(single.high - single.low, rel=0.06)
    naive = auc_interval(repeated.labels, repeated.probabilities)
    assert (naive.high - naive.low) / (single.high - single.low) == pytest.approx(0.5, rel=0.06)


@pytest.mark.parametrize("each", [1, 3])
def test_separated_classes_get_the_exact_bound_of_as_many_pairs_as_patients(each):
    labels = np.repeat([1, 0], [6, 20])
    scores = np.linspace(1, 0, 26)
    patients = np.repeat(np.arange(26), each)
    right = make_sample(np.repeat(labels, each), np.repeat(scores, each), patients)
    found = bootstrap_auc_interval(right, resampling=FEW)
    # all of 6 independent pairs in order, which has the chance AUC ** 6: 2.5 % at .5407
    assert (found.value, found.low, found.high) == pytest.approx((1.0, 0.025 ** (1 / 6), 1.0))
    wrong = make_sample(right.labels, 1 - right.probabilities, patients)
    found = bootstrap_auc_interval(wrong, resampling=FEW)
    assert (found.value, found.low, found.high) == pytest.approx((0.0, 0.0, 1 - 0.025 ** (1 / 6)))


def test_one_answer_for_everybody_gets_hoeffdings_bound():
    found = bootstrap_auc_interval(make_sample(np.repeat([1, 0], [50, 90]), np.full(140, 0.3)), resampling=FEW)
    half = np.sqrt(np.log(2 / 0.05) / (2 * 50))
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5 - half, 0.5 + half))


def test_one_patient_tells_nothing():
    found = bootstrap_auc_interval(make_sample([1, 0, 0], [0.9, 0.1, 0.2], [0, 0, 0]), resampling=FEW)
    assert (found.value, found.low, found.high) == (1.0, 0.0, 1.0)


@pytest.mark.full
def test_coverage_with_two_studies_per_patient_is_consistent_with_95_percent():
    """Two correlated studies of each of 240 patients; binormal with AUC .838; 99.9 % Monte-Carlo bound and 1 % for the
    percentile method's own error at this size."""
    rng, samples, covered = np.random.default_rng(7), 600, 0
    labels = np.repeat([1, 0], [80, 160])
    for _ in range(samples):
        scores = rng.normal(size=(2, 240)) * 0.5 + rng.normal(size=240) * np.sqrt(0.75) + labels * 1.3951
        sample = make_sample(np.tile(labels, 2), expit(scores.ravel()), np.tile(np.arange(240), 2))
        found = bootstrap_auc_interval(sample, resampling=Resampling(400, 0))
        covered += found.low <= 0.838 <= found.high
    assert abs(covered / samples - 0.95) <= 3.29 * np.sqrt(0.95 * 0.05 / samples) + 0.01

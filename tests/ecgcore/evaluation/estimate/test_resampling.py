"""Resampling patients: which rows go together, the strata, and the width against known truth."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.resampling import (
    REPEATED,
    Resampling,
    Strata,
    bootstrap_interval,
    patient_weights,
    percentile_interval,
    resampled,
    resampled_interval,
)
from ecgcore.evaluation.frame.sample import make_sample


def clustered(patients=60, each=4, seed=0):
    """Return patients of whom a third is ill in every study, each with ``each`` equal studies."""
    rng = np.random.default_rng(seed)
    labels, scores = np.arange(patients) % 3 == 0, rng.random(patients)
    return make_sample(np.repeat(labels, each), np.repeat(scores, each), np.repeat(np.arange(patients), each))


def test_a_patients_studies_are_drawn_together_and_strata_keep_their_size():
    sample = clustered()
    weights = np.concatenate(list(patient_weights(sample, Resampling(draws=150, seed=3), Strata.CLASSES)))
    assert weights.shape == (150, 240)
    assert (weights.reshape(150, 60, 4) == weights.reshape(150, 60, 4)[:, :, :1]).all()
    assert (weights[:, sample.labels].sum(axis=1) == 80).all()
    assert (weights[:, ~sample.labels].sum(axis=1) == 160).all()


def test_without_strata_the_number_of_positives_is_binomial():
    sample = clustered(each=1)
    weights = np.concatenate(list(patient_weights(sample, Resampling(draws=4000), Strata.NONE)))
    positives = weights[:, sample.labels].sum(axis=1)
    assert (weights.sum(axis=1) == 60).all()
    assert positives.mean() == pytest.approx(20, abs=4 * np.sqrt(60 / 3 * 2 / 3 / 4000))
    assert positives.var() == pytest.approx(60 / 3 * 2 / 3, rel=0.1)


def test_the_draws_of_a_mean_have_the_error_of_a_mean_of_patients():
    # 400 patients with 3 equal values each: the variance of the mean is that of 400 values, not of 1200. Given the
    # strata of 200, it is the mean of the within-stratum variances over 400.
    rng = np.random.default_rng(1)
    values, labels = rng.normal(size=400), np.repeat([1, 0], 200)
    sample = make_sample(np.repeat(labels, 3), np.full(1200, 0.5), np.repeat(np.arange(400), 3))
    draws = resampled(sample, lambda w: w @ np.repeat(values, 3) / w.sum(axis=1), Resampling(4000, 2))
    expected = np.sqrt((values[:200].var() + values[200:].var()) / 2 / 400)
    assert draws.std() == pytest.approx(expected, rel=4 / np.sqrt(2 * 4000))


def test_the_same_seed_gives_the_same_interval_and_another_another():
    sample = clustered(each=2)

    def mean(weights):
        return weights @ sample.probabilities / weights.sum(axis=1)

    one, same, other = (bootstrap_interval(sample, mean, resampling=Resampling(200, s)) for s in (5, 5, 6))
    assert one == same
    assert one.low != other.low
    assert one.value == pytest.approx(sample.probabilities.mean())


def test_percentiles_are_those_of_the_draws_and_enclose_the_estimate():
    draws = np.arange(1001) / 1000
    found = percentile_interval(0.5, draws, 0.9, "m")
    assert (found.low, found.high) == pytest.approx((0.05, 0.95))
    assert percentile_interval(2.0, draws, 0.9, "m").high == 2.0


def test_draws_that_repeat_the_value_know_no_interval():
    for draws in (np.ones(1000), np.r_[np.zeros(20), np.ones(980)], 1 - np.arange(1000) * 1e-16):
        found = resampled_interval(1.0, draws, 0.95, "m")
        assert (found.value, found.low, found.high, found.method) == (1.0, 0.0, 1.0, REPEATED)
    spread = np.r_[np.zeros(30), np.ones(970)]  # 3 % are below
    assert resampled_interval(1.0, spread, 0.95, "m") == percentile_interval(1.0, spread, 0.95, "m")


def test_pairs_are_of_different_patients():
    assert make_sample([1, 1, 0, 0, 0], [0.5] * 5).pairs == 2
    assert make_sample([1, 1, 0, 0, 0], [0.5] * 5, [0, 0, 1, 2, 3]).pairs == 1
    assert make_sample([1, 0, 1, 0, 1, 0], [0.5] * 6, [0, 0, 1, 1, 2, 2]).pairs == 1  # three patients with both
    assert make_sample([1, 0], [0.5] * 2, [0, 0]).pairs == 0


def test_too_few_draws_are_refused():
    with pytest.raises(EvaluationError, match="at least 100"):
        Resampling(draws=99)


def test_patients_who_are_all_ill_are_refused():
    sample = make_sample([1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], [0, 0, 1, 2])
    with pytest.raises(EvaluationError, match="without negatives"):
        bootstrap_interval(sample, lambda w: w.sum(axis=1))

"""The study's prevalence-specific analysis: its printed shape, and draws against draws made row by row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import mannwhitneyu
from sklearn.metrics import f1_score as sklearn_f1

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.f1_kinds import F1Kind
from ecgcore.evaluation.frame.sample import make_sample
from ecgcore.evaluation.study.prevalence import at_prevalence

SHIFT = 1.2467  # binormal AUC .811, the study's scar on the new format


@pytest.fixture(scope="module")
def new_format():
    """Return a sample of the new-format test set's size whose sample AUC is close to .811."""
    positives = np.quantile(np.random.default_rng(0).normal(SHIFT, 1, 100_000), (np.arange(329) + 0.5) / 329)
    negatives = np.quantile(np.random.default_rng(1).normal(0, 1, 100_000), (np.arange(935) + 0.5) / 935)
    return make_sample(np.repeat([1, 0], [329, 935]), expit(np.concatenate([positives, negatives]) - 2))


def test_the_two_intervals_have_the_widths_that_the_study_prints(new_format):
    # Printed: mean .812 with .810-.814, the interval of the mean of 1000 draws. The facts say about .72-.86 for the
    # percentiles; binormal scores put them at about .74-.88.
    found = at_prevalence(new_format)
    assert found.prevalence == 0.08
    assert found.auc.of_mean.value == pytest.approx(0.811, abs=0.004)
    assert found.auc.of_mean.high - found.auc.of_mean.low == pytest.approx(0.004, abs=0.0015)
    width = found.auc.percentiles.high - found.auc.percentiles.low
    assert 0.11 < width < 0.16
    assert width / (found.auc.of_mean.high - found.auc.of_mean.low) == pytest.approx(np.sqrt(1000), rel=0.06)


def test_weighted_best_f1_is_high_because_saying_no_is(new_format):
    found = at_prevalence(new_format)
    assert round(found.f1_always_no, 2) == 0.88
    best = found.f1[F1Kind.WEIGHTED_BEST].of_mean.value
    assert found.f1_always_no < best < 0.95  # the study prints .931
    assert found.f1[F1Kind.POSITIVE].of_mean.value < 0.6


def test_draws_are_those_of_drawing_rows(new_format):
    found = at_prevalence(new_format, threshold=0.3)
    rng, labels, draws = np.random.default_rng(9), np.repeat([1, 0], [40, 460]), 250
    areas, scores = [], []
    for _ in range(draws):
        rows = np.concatenate([rng.integers(0, 329, 40), rng.integers(329, 329 + 935, 460)])
        drawn = new_format.probabilities[rows]
        areas.append(mannwhitneyu(drawn[:40], drawn[40:]).statistic / (40 * 460))
        scores.append(sklearn_f1(labels, drawn > 0.3))
    for mine, theirs in ((found.auc, areas), (found.f1[F1Kind.POSITIVE], scores)):
        error = np.std(theirs) * np.sqrt(1 / draws + 1 / 1000)
        assert mine.of_mean.value == pytest.approx(np.mean(theirs), abs=4 * error)
        assert mine.percentiles.low == pytest.approx(np.quantile(theirs, 0.025), abs=0.025)
        assert mine.percentiles.high == pytest.approx(np.quantile(theirs, 0.975), abs=0.025)


def test_an_empty_class_is_refused(new_format):
    with pytest.raises(EvaluationError, match="at least one study"):
        at_prevalence(new_format, positives=0)

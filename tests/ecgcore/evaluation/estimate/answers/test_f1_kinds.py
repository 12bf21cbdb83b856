"""The four kinds of F1 against scikit-learn and the study's printed shares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import f1_score as sklearn_f1

from ecgcore.evaluation.estimate.answers.f1_kinds import F1Kind, always_no, f1_score
from ecgcore.evaluation.estimate.resampling import Resampling
from ecgcore.evaluation.frame.sample import make_sample

FEW = Resampling(200)
_RNG = np.random.default_rng(5)
LABELS = _RNG.integers(0, 2, 150)
SCORES = expit(_RNG.normal(LABELS * 1.2 - 0.8)).round(2)


@pytest.mark.parametrize(("kind", "average"), [(F1Kind.POSITIVE, "binary"), (F1Kind.WEIGHTED, "weighted")])
@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_at_the_operating_point_it_is_scikit_learns(kind, average, threshold):
    found = f1_score(make_sample(LABELS, SCORES), kind, threshold, resampling=FEW)
    assert found.value.value == pytest.approx(sklearn_f1(LABELS, threshold < SCORES, average=average))
    assert found.threshold == threshold


@pytest.mark.parametrize(("kind", "average"), [(F1Kind.POSITIVE_BEST, "binary"), (F1Kind.WEIGHTED_BEST, "weighted")])
def test_the_best_is_the_largest_over_all_thresholds(kind, average):
    found = f1_score(make_sample(LABELS, SCORES), kind, resampling=FEW)
    every = [sklearn_f1(LABELS, t <= SCORES, average=average) for t in np.append(np.unique(SCORES), np.inf)]
    assert found.value.value == pytest.approx(max(every))
    assert sklearn_f1(LABELS, found.threshold <= SCORES, average=average) == pytest.approx(max(every))


def test_calling_nobody_is_worth_what_scikit_learn_says_and_the_facts_print():
    labels = np.repeat([1, 0], [40, 460])
    assert round(always_no(0.08), 2) == 0.88
    assert always_no(0.08) == pytest.approx(sklearn_f1(labels, np.zeros(500), average="weighted", zero_division=0))


def test_useless_scores_reach_the_weighted_best_of_calling_nobody():
    sample = make_sample(np.repeat([1, 0], [40, 460]), np.full(500, 0.3))
    found = f1_score(sample, F1Kind.WEIGHTED_BEST, resampling=FEW)
    assert found.value.value == pytest.approx(always_no(0.08))
    assert found.threshold == np.inf


def test_every_kind_has_its_own_caption():
    assert len({kind.caption for kind in F1Kind}) == len(F1Kind)
    assert "best threshold on the same rows" in F1Kind.WEIGHTED_BEST.caption

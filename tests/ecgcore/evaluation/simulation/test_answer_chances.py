"""The chances that the policies' comments state about the floors on what is answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from sklearn.linear_model import LogisticRegression

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.evaluation import Metric
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.evaluation.simulation.answer_chances import (
    DEMO_ANSWERS,
    STUDY_ANSWERS,
    Answering,
    _even_odds,
    expected,
    main,
    pass_chances,
)
from ecgcore.evaluation.simulation.chances import Setting, floor_of

POLICIES = Path(__file__).parents[4] / "deployments" / "policies"


def floors(policy, model):
    return tuple(floor_of(policy, model.setting, m) for m in (Metric.SENSITIVITY, Metric.SPECIFICITY))


def test_even_odds_are_those_of_scikit_learns_logistic_regression():
    rng = np.random.default_rng(0)
    ill, well = rng.normal(1.5, 1, (3, 60)), rng.normal(0, 1, (3, 140))
    for row, found in enumerate(_even_odds(ill, well)):
        scores = np.concatenate([ill[row], well[row]]).reshape(-1, 1)
        fit = LogisticRegression(C=np.inf, tol=1e-10).fit(scores, np.repeat([1, 0], [60, 140]))
        assert found == pytest.approx(-fit.intercept_[0] / fit.coef_[0, 0], abs=1e-4)


def test_a_large_validation_set_leaves_the_binomial_chance():
    model = Answering(Setting("t", "s", 60, 150, 0.85), 2_000, 5_000, None)
    true = expected(model)
    chances = pass_chances(model, (0.35, 0.86), 0.95, replicates=200)
    for n, rate, floor, found in zip((60, 150), true, (0.35, 0.86), chances, strict=True):
        least = next(k for k in range(n + 1) if binomtest(k, n).proportion_ci(0.95, "exact").low > floor)
        assert found == pytest.approx(binom.sf(least - 1, n, rate), abs=0.09)


def test_the_calibrated_point_of_the_published_model_is_as_the_policy_says():
    found = [tuple(round(x, 2) for x in expected(model)) for model in STUDY_ANSWERS]
    assert found == [(0.5, 0.92), (0.43, 0.92), (0.66, 0.96), (0.64, 0.96)]


def test_a_least_sensitivity_finds_more_and_clears_fewer():
    asked = replace(DEMO_ANSWERS[0], min_sensitivity=0.95)
    more, fewer = (pass_chances(m, (0.6, 0.6), 0.95, 400) for m in (asked, replace(asked, min_sensitivity=None)))
    assert more[0] > fewer[0] and more[1] < fewer[1]


def test_arguments_are_checked():
    with pytest.raises(EvaluationError, match="arguments"):
        main(["study"])


@pytest.mark.slow
def test_the_published_model_passes_the_default_floors():
    policy = load_policy(POLICIES / "default.yaml")
    for model in STUDY_ANSWERS:
        assert min(pass_chances(model, floors(policy, model), policy.level, 1_000)) >= 0.99


def test_a_usual_demo_passes_the_demo_floors():
    policy = load_policy(POLICIES / "demo.yaml")
    chances = [pass_chances(model, floors(policy, model), policy.level) for model in DEMO_ANSWERS]
    assert np.prod(chances) >= 0.9

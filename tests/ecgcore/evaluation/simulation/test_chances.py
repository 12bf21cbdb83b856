"""The chances that the policies' comments state."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.evaluation.simulation.chances import DEMO, STUDY, Setting, floor_of, main, pass_chance

POLICIES = Path(__file__).parents[4] / "deployments" / "policies"


def test_floors_are_those_of_the_policy():
    policy = load_policy(POLICIES / "default.yaml")
    assert [floor_of(policy, s) for s in STUDY] == [0.75, 0.75, 0.88, 0.88]


def test_chance_is_near_the_normal_approximation():
    # Bamber's variance of AUC .8 with 100 and 300 cases, its two terms exact for binormal scores: the chance that two
    # positives both beat one negative is a bivariate normal probability, correlation 1/2. Delta method for the logit.
    area, m, n, limit = 0.8, 100, 300, 0.74
    both = multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]]).cdf([norm.ppf(area)] * 2)
    error = math.sqrt((area * (1 - area) + (m + n - 2) * (both - area**2)) / (m * n))
    error /= area * (1 - area)
    logit = math.log(area / (1 - area)) - math.log(limit / (1 - limit))
    expected = norm.cdf(logit / error - 1.96)
    assert pass_chance(Setting("t", "s", m, n, area), limit, replicates=4000) == pytest.approx(expected, abs=0.05)


def test_arguments_are_checked():
    with pytest.raises(EvaluationError, match="arguments"):
        main(["study"])


@pytest.mark.full
def test_the_published_model_passes_the_default_floors():
    policy = load_policy(POLICIES / "default.yaml")
    assert np.prod([pass_chance(s, floor_of(policy, s)) for s in STUDY]) >= 0.95


@pytest.mark.full
def test_in_the_demo_a_good_model_passes_and_a_useless_one_does_not():
    policy = load_policy(POLICIES / "demo.yaml")
    assert np.prod([pass_chance(s, floor_of(policy, s)) for s in DEMO]) >= 0.95
    useless = [Setting(s.target, s.test_set, s.positives, s.negatives, 0.5) for s in DEMO]
    assert min(pass_chance(s, floor_of(policy, s)) for s in useless) < 0.001

"""What a paired test can see, against its formulas and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from ecgcore.evaluation.benchmark.power import power_table


def paired(**changes):
    row = {
        "model": "a", "target": "scar", "test_set": "old", "n": 400, "positives": 100,
        "difference": 0.0, "difference_low": -0.0392, "difference_high": 0.0392,
        "p_value": 1.0, "p_holm": 1.0,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def test_numbers_follow_from_the_standard_error():
    found = power_table(paired()).iloc[0]
    error = 0.0392 / norm.ppf(0.975)
    assert found["standard_error"] == pytest.approx(error)
    assert found["detectable"] == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * error)
    assert found["studies_for_margin"] == math.ceil(400 * (0.0392 / 0.03) ** 2)


def test_the_detectable_difference_is_found_four_times_in_five():
    found = power_table(paired()).iloc[0]
    draws = np.random.default_rng(0).normal(found["detectable"], found["standard_error"], 200_000)
    significant = np.mean(draws - norm.ppf(0.975) * found["standard_error"] > 0)
    assert significant == pytest.approx(0.8, abs=4 * math.sqrt(0.8 * 0.2 / 200_000))


@pytest.mark.parametrize(
    ("low", "high", "p_holm", "says"),
    [
        (0.01, 0.05, 0.04, "better"),
        (0.01, 0.05, 0.06, "not inferior"),  # one of many comparisons: its own interval does not decide
        (-0.05, -0.01, 0.04, "worse"),
        (-0.05, -0.01, 0.06, "inconclusive"),
        (-0.02, -0.01, 0.06, "not inferior"),
        (-0.02, 0.05, 1.0, "not inferior"),
        (-0.04, 0.05, 1.0, "inconclusive"),
        (-0.03, 0.05, 1.0, "inconclusive"),
    ],
)
def test_what_a_comparison_says(low, high, p_holm, says):
    found = power_table(paired(difference_low=low, difference_high=high, p_holm=p_holm))
    assert found.iloc[0]["says"] == says

"""McNemar's test against R's exact binomial and the interval's coverage."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.mcnemar import mcnemar


@pytest.mark.parametrize("group", ["all", "positives", "negatives"])
def test_counts_and_p_values_are_those_of_r(r_cases, from_r, group):
    rows = r_cases[{"all": r_cases.label >= 0, "positives": r_cases.label == 1, "negatives": r_cases.label == 0}[group]]
    sharp, weak = (((rows[m] > 0.5) == (rows.label == 1)).to_numpy() for m in ("sharp", "weak"))
    found = mcnemar(sharp, weak)
    assert found.only_first == from_r[f"mcnemar only sharp {group}"]
    assert found.only_second == from_r[f"mcnemar only weak {group}"]
    assert found.p_value == pytest.approx(from_r[f"mcnemar p {group}"], rel=1e-9)
    assert found.difference.value == pytest.approx(sharp.mean() - weak.mean())


def test_five_to_none_by_hand():
    assert mcnemar([1] * 5 + [0] * 5, [0] * 10).p_value == pytest.approx(2 * 0.5**5)


def test_readers_that_never_differ_show_nothing():
    found = mcnemar([1, 0, 1], [1, 0, 1])
    assert (found.p_value, found.difference.value) == (1.0, 0.0)
    assert found.difference.low < 0 < found.difference.high


def test_the_interval_covers_a_known_difference():
    rng, covered, samples = np.random.default_rng(0), 0, 1500
    for _ in range(samples):
        kind = rng.choice(4, 80, p=[0.55, 0.25, 0.10, 0.10])  # both, only first, only second, none: difference .15
        found = mcnemar(kind <= 1, (kind == 0) | (kind == 2)).difference
        covered += found.low <= 0.15 <= found.high
    assert 0.94 <= covered / samples <= 0.97


def test_the_interval_encloses_the_estimate_at_the_extremes():
    for n in (1, 2, 50):
        found = mcnemar([1] * n, [0] * n).difference
        assert found.low < found.value == 1.0 == found.high


def test_other_studies_are_refused():
    with pytest.raises(EvaluationError, match="same studies"):
        mcnemar([1, 0], [1])
    with pytest.raises(EvaluationError, match="same studies"):
        mcnemar([], [])

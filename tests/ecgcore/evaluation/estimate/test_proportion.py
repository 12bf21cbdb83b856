"""Binomial intervals against the paper's printed numbers and SciPy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.proportion import clopper_pearson, wilson


@pytest.mark.parametrize(
    ("area", "n", "low", "high"),
    [
        (0.838, 895, 0.812, 0.862),
        (0.811, 1264, 0.788, 0.832),
        (0.939, 895, 0.921, 0.954),
        (0.931, 1264, 0.915, 0.944),
        (0.682, 1264, 0.655, 0.707),
        (0.841, 1264, 0.819, 0.860),
    ],
)
def test_the_papers_printed_intervals(area, n, low, high):
    found = clopper_pearson(area * n, n)
    # its areas are rounded to three decimals before they reach us, so the ends may differ by that much
    assert (found.low, found.high) == pytest.approx((low, high), abs=1.01e-3)


@given(
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.9, 0.95, 0.99])
)
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize(("ours", "name"), [(clopper_pearson, "exact"), (wilson, "wilson")])
def test_intervals_are_scipys(ours, name, counts, level):
    successes, n = counts
    expected = binomtest(successes, n).proportion_ci(level, method=name)
    found = ours(successes, n, level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.value == successes / n


@pytest.mark.parametrize(
    ("successes", "n", "message"), [(0, 0, "no case"), (3, 2, "impossible"), (-1, 2, "impossible")]
)
def test_impossible_counts_are_refused(successes, n, message):
    with pytest.raises(EvaluationError, match=message):
        clopper_pearson(successes, n)

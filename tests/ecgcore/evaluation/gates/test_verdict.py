"""Verdicts and the number of cases that would decide."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.gates.verdict import Side, Verdict, cases_needed, verdict


@pytest.mark.parametrize(
    ("low", "high", "above"),
    [
        (0.76, 0.86, Verdict.PASS),
        (0.75, 0.86, Verdict.INCONCLUSIVE),
        (0.74, 0.86, Verdict.INCONCLUSIVE),
        (0.64, 0.75, Verdict.INCONCLUSIVE),
        (0.64, 0.74, Verdict.FAIL),
    ],
)
def test_verdict_by_where_the_interval_lies(low, high, above):
    interval = Interval((low + high) / 2, low, high, 0.95, "test")
    assert verdict(interval, 0.75, Side.ABOVE) is above
    mirrored = {Verdict.PASS: Verdict.FAIL, Verdict.FAIL: Verdict.PASS}.get(above, above)
    assert verdict(interval, 0.75, Side.BELOW) is mirrored


def test_half_the_distance_needs_four_times_the_cases():
    # a difference of 0, ends 0.06 away, limit 0.03 away: (0.06 / 0.03) ** 2 = 4 times 100, and one more to exclude it
    interval = Interval(0.0, -0.06, 0.06, 0.95, "test")
    assert cases_needed(interval, -0.03, 100) == 401


def test_no_number_decides_an_estimate_on_the_limit():
    assert cases_needed(Interval(0.75, 0.7, 0.8, 0.95, "test"), 0.75, 100) is None


@pytest.mark.parametrize("limit", [0.76, 0.9])
def test_so_many_copies_of_the_sample_really_decide(limit):
    """Repeat a sample until it holds the number asked for: its interval then lies just off the limit, not before."""
    rng = np.random.default_rng(5)
    labels = np.repeat([1, 0], [20, 60])
    scores = rng.normal(labels * 1.4)
    interval = auc_interval(labels, scores)
    assert interval.low < limit < interval.high
    copies = cases_needed(interval, limit, 80) / 80

    def touches(k):
        grown = auc_interval(np.tile(labels, k), np.tile(scores, k))
        return grown.low <= limit <= grown.high

    assert touches(max(1, int(np.floor(copies * 0.9))))
    assert not touches(int(np.ceil(copies * 1.1)))

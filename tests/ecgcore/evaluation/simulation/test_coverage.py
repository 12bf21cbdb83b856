"""Simulated coverage of the intervals that the gates rest on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from ecgcore.evaluation.estimate.discrimination.auc import Scale, auc_interval
from ecgcore.evaluation.gates.gate import MinimumCases
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.evaluation.simulation import coverage as module
from ecgcore.evaluation.simulation.coverage import REPLICATES, SIZES, binormal_shift, coverage, interval_ends, simulate

POLICIES = Path(__file__).parents[4] / "deployments" / "policies"
MONTE_CARLO_99 = 2.576 * np.sqrt(0.95 * 0.05 / REPLICATES)


def test_shift_gives_the_area():
    # AUC of two unit normals at distance d is Phi(d / sqrt 2).
    assert norm.cdf(binormal_shift(0.838) / np.sqrt(2)) == pytest.approx(0.838, abs=1e-12)


@pytest.mark.parametrize("scale", list(Scale))
def test_vectorised_ends_are_those_of_the_interval(scale):
    placed = next(simulate(0.97, 6, 9, 200, seed=2))
    rng = np.random.default_rng(2)
    positive, negative = rng.normal(binormal_shift(0.97), 1, (200, 6)), rng.normal(0, 1, (200, 9))
    low, high = interval_ends(placed, 0.95, scale)
    for i in range(200):
        single = auc_interval([1] * 6 + [0] * 9, np.concatenate([positive[i], negative[i]]), scale=scale)
        assert (low[i], high[i]) == pytest.approx((single.low, single.high), abs=1e-12)


def test_coverage_of_a_handful_of_samples_is_a_share():
    assert 0.9 <= coverage(0.8, 100, 100, replicates=500) <= 0.99


def test_the_printed_table_has_a_row_for_each_size_with_both_scales(monkeypatch, capsys):
    few = partial(coverage, replicates=100)
    monkeypatch.setattr(module, "coverage", few)
    monkeypatch.setattr(module, "SIZES", ((10, 40), (12, 60)))
    monkeypatch.setattr(module, "AREAS", (0.75, 0.95))
    module.main()
    _, head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["positives", "negatives", "AUC", "0.75", "AUC", "0.95"]
    assert [row.split()[:2] for row in rows] == [["10", "40"], ["12", "60"]]
    for row, size in zip(rows, ((10, 40), (12, 60)), strict=True):
        shown = [float(text) for text in row.replace("/", " ").split()[2:]]
        wanted = [100 * few(area, *size, scale) for area in (0.75, 0.95) for scale in (Scale.LOGIT, Scale.PLAIN)]
        assert shown == pytest.approx(wanted, abs=0.051)


def test_the_table_holds_the_fewest_positives_that_a_policy_asks_for():
    for path in POLICIES.glob("*.yaml"):
        asked = {gate.positives for gate in load_policy(path).gates if isinstance(gate, MinimumCases)}
        assert asked <= {positives for positives, _ in SIZES}, path.name


@pytest.mark.full
@pytest.mark.parametrize(
    ("area", "positives", "negatives"),
    [(0.838, 236, 659), (0.811, 329, 935), (0.939, 173, 722), (0.931, 228, 1036)],
)
def test_coverage_at_the_studys_test_sets_is_consistent_with_95_percent(area, positives, negatives):
    """It differs from 95 % by less than the 99 % Monte-Carlo bound of the printed table's 10,000 samples, .0056.

    Three times as many samples are drawn, so that the outcome hangs on no seed: the interval is asymptotic, and
    at 173 positives of AUC .939 it really covers 94.6 % (60,000 samples), which 10,000 samples call too low one in five
    times.
    """
    assert abs(coverage(area, positives, negatives, replicates=3 * REPLICATES) - 0.95) <= MONTE_CARLO_99


@pytest.mark.full
@pytest.mark.parametrize("ratio", [1, 4, 10])
@pytest.mark.parametrize("area", [0.6, 0.75, 0.85, 0.9, 0.95])
def test_at_the_default_policys_minimum_the_coverage_is_at_least_93_percent(area, ratio):
    gates = [g for g in load_policy(POLICIES / "default.yaml").gates if isinstance(g, MinimumCases)]
    assert gates
    for positives, negatives in {(g.positives, g.negatives) for g in gates}:
        assert coverage(area, positives, negatives * ratio) >= 0.93


@pytest.mark.full
def test_below_the_minimum_it_is_not():
    """The reason for the minimum: 12 positives against 100 negatives at AUC .95 cover clearly less."""
    assert coverage(0.95, 12, 100) < 0.92

"""Predictive values: Bayes by counting, the published logit formula, and coverage of the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import Confusion
from ecgcore.evaluation.estimate.answers.predictive_values import predictive_values


def test_at_the_samples_own_prevalence_they_are_the_shares_counted():
    table = Confusion(true_positive=60, false_positive=30, true_negative=90, false_negative=20)
    row = predictive_values(table, (80 / 200,)).iloc[0]
    assert row.ppv == pytest.approx(60 / 90)
    assert row.npv == pytest.approx(90 / 110)


def test_a_population_counted_out():
    # Sensitivity 90 %, specificity 80 %; of 10,000 people at 8 % prevalence 720 of 2560 positives are ill, and 7360 of
    # 7440 negatives are well.
    row = predictive_values(Confusion(90, 40, 160, 10), (0.08,)).iloc[0]
    assert row.ppv == pytest.approx(720 / (720 + 1840))
    assert row.npv == pytest.approx(7360 / (7360 + 80))


def test_intervals_follow_the_printed_formula():
    # Mercaldo, Lau and Zhou 2007, table VIII (ApoE e4: 240 of 418 cases, 87 of 375 controls), prevalence 3 %, by their
    # equations 8 to 11 in shares, not counts.
    se, sp, p, n1, n0 = 240 / 418, 288 / 375, 0.03, 418, 375
    row = predictive_values(Confusion(240, 87, 288, 178), (p,)).iloc[0]
    for name, odds, variance in (
        ("ppv", se * p / ((1 - sp) * (1 - p)), (1 - se) / se / n1 + sp / (1 - sp) / n0),
        ("npv", sp * (1 - p) / ((1 - se) * p), se / (1 - se) / n1 + (1 - sp) / sp / n0),
    ):
        ends = [odds * np.exp(s * norm.ppf(0.975) * np.sqrt(variance)) for s in (-1, 1)]
        assert [row[f"{name}_low"], row[f"{name}_high"]] == pytest.approx([o / (1 + o) for o in ends])
        assert row[name] == pytest.approx(odds / (1 + odds))


def test_an_empty_cell_gets_exact_ends_and_no_answer_gets_none():
    table = predictive_values(Confusion(true_positive=8, false_positive=0, true_negative=20, false_negative=2), (0.1,))
    assert table.ppv[0] == table.ppv_high[0] == 1
    assert 0 < table.ppv_low[0] < 1
    nobody = predictive_values(Confusion(0, 0, 20, 10), (0.1,)).iloc[0]
    assert np.isnan(nobody.ppv)
    assert (nobody.ppv_low, nobody.ppv_high) == (0, 1)
    assert nobody.npv == pytest.approx(0.9)


@pytest.mark.parametrize(("se", "sp", "n1", "n0"), [(0.9, 0.8, 60, 200), (0.75, 0.97, 100, 60)])
def test_intervals_cover_the_truth_also_with_empty_cells(se, sp, n1, n0):
    rng, samples, p = np.random.default_rng(1), 1500, 0.08
    truth = {"ppv": se * p / (se * p + (1 - sp) * (1 - p)), "npv": sp * (1 - p) / (sp * (1 - p) + (1 - se) * p)}
    covered = dict.fromkeys(truth, 0)
    for hits, clears in zip(rng.binomial(n1, se, samples), rng.binomial(n0, sp, samples), strict=True):
        row = predictive_values(Confusion(hits, n0 - clears, clears, n1 - hits), (p,)).iloc[0]
        for name, true in truth.items():
            covered[name] += row[f"{name}_low"] <= true <= row[f"{name}_high"]
    assert min(covered.values()) / samples >= 0.935


@pytest.mark.parametrize("prevalence", [0.0, 1.0, 8.0])
def test_impossible_prevalences_are_refused(prevalence):
    with pytest.raises(EvaluationError, match="strictly between"):
        predictive_values(Confusion(1, 1, 1, 1), (prevalence,))

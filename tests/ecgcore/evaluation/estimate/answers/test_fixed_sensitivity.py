"""Specificity at a wanted sensitivity: pROC's points, the study's counts, and coverage of the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.fixed_sensitivity import specificity_at_sensitivity
from ecgcore.evaluation.estimate.resampling import Resampling
from ecgcore.evaluation.frame.sample import make_sample

FEW = Resampling(200)


@pytest.mark.parametrize("score", ["sharp", "coarse", "weak"])
def test_points_are_those_of_proc(r_cases, from_r, score):
    found = specificity_at_sensitivity(make_sample(r_cases.label, r_cases[score]), resampling=FEW)
    expected = [from_r[f"specificity at {s} {score}"] for s in ("0.8", "0.9", "0.95")]
    assert [f.specificity.value for f in found] == pytest.approx(expected)
    called = [r_cases[score] >= f.threshold for f in found]
    assert [f.reached for f in found] == pytest.approx([c[r_cases.label == 1].mean() for c in called])
    assert all(f.reached >= f.wanted for f in found)


def test_the_study_printed_counts_over_all_negatives():
    # Scar, old format, 236 positives and 659 negatives: 66.92, 44.61 and 30.50 % are 441, 294 and 201 of 659. Scores
    # that put the 189th, 213th and 225th positive (80, 90, 95 % of 236, rounded up) above just so many negatives must
    # give these numbers.
    cuts = ((189, 659 - 441), (213, 659 - 294), (225, 659 - 201))
    labels, start, done = [], 0, 0
    for positives, alarms in cuts:
        labels += [0] * (alarms - start) + [1] * (positives - done)
        start, done = alarms, positives
    labels += [0] * (659 - start) + [1] * (236 - done)
    sample = make_sample(labels, np.linspace(1, 0, 895))
    found = specificity_at_sensitivity(sample, resampling=FEW)
    assert [round(100 * f.specificity.value, 2) for f in found] == [66.92, 44.61, 30.50]


def test_exact_shares_are_not_missed_by_rounding():
    found = specificity_at_sensitivity(
        make_sample([1, 1, 1, 1, 1, 0], [0.9, 0.8, 0.7, 0.6, 0.1, 0.5]), (0.8,), 0.95, FEW
    )
    assert (found[0].threshold, found[0].specificity.value) == (0.6, 1.0)


@pytest.mark.parametrize("wanted", [0.0, 1.1])
def test_impossible_sensitivities_are_refused(wanted):
    with pytest.raises(EvaluationError, match="above 0"):
        specificity_at_sensitivity(make_sample([1, 0], [0.9, 0.1]), (wanted,))


@pytest.mark.full
def test_intervals_cover_the_true_specificity_which_fixed_thresholds_would_not():
    """Binormal with 100 positives and 300 negatives: at 80, 90, 95 % sensitivity the truth is Phi(d - z). The interval
    that takes the threshold as given covers less than 75 % of it."""
    rng, samples, shift = np.random.default_rng(3), 400, 1.25
    labels, wanted = np.repeat([1, 0], [100, 300]), np.array([0.80, 0.90, 0.95])
    truth = norm.cdf(shift - norm.ppf(wanted))
    covered, naive = np.zeros(3), np.zeros(3)
    for _ in range(samples):
        found = specificity_at_sensitivity(
            make_sample(labels, norm.cdf(rng.normal(labels * shift) / 2)), tuple(wanted), resampling=Resampling(400)
        )
        ends = np.array([(f.specificity.low, f.specificity.value, f.specificity.high) for f in found])
        covered += (ends[:, 0] <= truth) & (truth <= ends[:, 2])
        half = 1.96 * np.sqrt(ends[:, 1] * (1 - ends[:, 1]) / 300)
        naive += np.abs(ends[:, 1] - truth) <= half
    assert (covered / samples >= 0.92).all()
    assert (naive / samples <= 0.75).all()

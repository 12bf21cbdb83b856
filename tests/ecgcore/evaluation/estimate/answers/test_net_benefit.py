"""Net benefit by its definition, at points where it is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import confusion
from ecgcore.evaluation.estimate.answers.net_benefit import decision_curve
from ecgcore.evaluation.estimate.resampling import Resampling
from ecgcore.evaluation.frame.sample import make_sample

FEW = Resampling(300)
_RNG = np.random.default_rng(0)
LABELS = np.repeat([1, 0], [60, 140])
SCORES = expit(_RNG.normal(LABELS * 1.5 - 1))


def test_it_is_true_positives_less_weighted_false_ones():
    curve = decision_curve(make_sample(LABELS, SCORES), (0.1, 0.25, 0.5), resampling=FEW)
    for row in curve.itertuples():
        table = confusion(LABELS, SCORES, row.threshold)
        odds = row.threshold / (1 - row.threshold)
        assert row.net_benefit == pytest.approx((table.true_positive - table.false_positive * odds) / 200)
        assert row.treat_all == pytest.approx(0.3 - 0.7 * odds)
        assert row.gain == pytest.approx(row.net_benefit - max(row.treat_all, 0))
        assert row.net_benefit_low <= row.net_benefit <= row.net_benefit_high


def test_a_perfect_model_is_worth_the_prevalence_everywhere():
    curve = decision_curve(make_sample(LABELS, LABELS), resampling=FEW)
    assert curve.net_benefit.to_numpy() == pytest.approx(0.3)
    assert curve.net_benefit_low.to_numpy() == pytest.approx(0.3 - 1.96 * np.sqrt(0.21 / 200), abs=0.01)


def test_treating_all_is_worth_nothing_at_the_prevalence():
    curve = decision_curve(make_sample(LABELS, SCORES), (0.3,), resampling=FEW)
    assert curve.treat_all[0] == pytest.approx(0, abs=1e-12)
    assert curve.treat_none[0] == 0


def test_a_model_that_calls_all_gains_nothing_over_treating_all():
    curve = decision_curve(make_sample(LABELS, np.ones(200)), (0.05, 0.2), resampling=FEW)
    assert curve.gain.to_numpy() == pytest.approx(0, abs=1e-12)


def test_a_risk_of_just_the_threshold_is_acted_on():
    curve = decision_curve(make_sample(LABELS, np.full(200, 0.25)), (0.25, 0.26), resampling=FEW)
    assert curve.net_benefit.to_numpy() == pytest.approx([0.3 - 0.7 / 3, 0])


def test_the_interval_has_the_width_of_a_mean_over_studies():
    curve = decision_curve(make_sample(LABELS, SCORES), (0.3,), resampling=Resampling(5000)).iloc[0]
    worth = (SCORES > 0.3) * np.where(LABELS == 1, 1, -3 / 7)
    width = curve.net_benefit_high - curve.net_benefit_low
    assert width == pytest.approx(2 * 1.96 * np.sqrt(worth.var() / 200), rel=0.06)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_thresholds_without_odds_are_refused(threshold):
    with pytest.raises(EvaluationError, match="strictly between"):
        decision_curve(make_sample(LABELS, SCORES), (threshold,))

"""F1 against scikit-learn, and its interval by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import Confusion, confusion
from ecgcore.evaluation.estimate.answers.f1 import f1


def test_value_is_scikit_learns():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    probabilities = np.clip(labels * 0.3 + rng.random(200) * 0.7, 0, 1)
    assert f1(confusion(labels, probabilities)).value == pytest.approx(f1_score(labels, probabilities > 0.5))


def test_interval_covers_at_least_its_level_in_multinomial_samples():
    # Clopper-Pearson is conservative, so the coverage must not fall below 95 % by more than the 99 % Monte-Carlo bound.
    cells = np.array([0.15, 0.06, 0.71, 0.08])  # TP, FP, TN, FN
    truth = 2 * cells[0] / (2 * cells[0] + cells[1] + cells[3])
    samples = np.random.default_rng(1).multinomial(300, cells, size=3000)
    ends = [f1(Confusion(*map(int, s))) for s in samples]
    covered = np.mean([e.low <= truth <= e.high for e in ends])
    assert covered >= 0.95 - 2.576 * np.sqrt(0.95 * 0.05 / 3000)
    assert covered <= 0.975


def test_no_true_positive_is_zero_with_room_above():
    found = f1(Confusion(0, 5, 90, 5))
    assert (found.value, found.low) == (0.0, 0.0)
    share = 1 - 0.025 ** (1 / 10)  # Clopper-Pearson's upper end of 0 in 10
    assert found.high == pytest.approx(2 * share / (1 + share))


def test_without_any_positive_it_is_refused():
    with pytest.raises(EvaluationError, match="not defined"):
        f1(Confusion(0, 0, 10, 0))

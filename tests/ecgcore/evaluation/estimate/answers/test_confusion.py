"""Counts at the operating point of the deployed predictor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import Confusion, confusion, sensitivity, specificity


def test_a_tie_is_negative_as_in_argmax():
    torch = pytest.importorskip("torch")
    pairs = torch.tensor([[0.5, 0.5], [0.4, 0.6], [0.6, 0.4]], dtype=torch.float64)
    called = torch.argmax(pairs, dim=1).numpy()
    table = confusion([1, 1, 1], pairs[:, 1].numpy())
    assert called.tolist() == [0, 1, 0]
    assert table == Confusion(true_positive=1, false_positive=0, true_negative=0, false_negative=2)


@given(st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_counts_are_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    labels, probabilities = rng.integers(0, 2, 30), rng.integers(0, 5, 30) / 4
    tn, fp, fn, tp = confusion_matrix(labels, probabilities > 0.5, labels=[0, 1]).ravel()
    assert confusion(labels, probabilities) == Confusion(tp, fp, tn, fn)


def test_rates_have_exact_intervals():
    table = Confusion(true_positive=30, false_positive=8, true_negative=92, false_negative=10)
    expected = binomtest(30, 40).proportion_ci(method="exact")
    assert (sensitivity(table).low, sensitivity(table).high) == pytest.approx((expected.low, expected.high))
    expected = binomtest(92, 100).proportion_ci(method="exact")
    assert (specificity(table).low, specificity(table).high) == pytest.approx((expected.low, expected.high))


def test_rates_without_cases_are_refused():
    with pytest.raises(EvaluationError, match="no case"):
        sensitivity(Confusion(0, 3, 4, 0))

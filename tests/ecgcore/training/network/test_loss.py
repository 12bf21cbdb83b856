import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch.nn.functional import log_softmax

from ecgcore.training.network.loss import MultiTargetLoss, class_weights, masked_cross_entropy
from ecgcore.training.recipe.recipe import ClassWeights


def test_masked_loss_is_the_mean_over_labelled_rows_by_hand():
    logits = torch.tensor([[0.2, 1.0], [3.0, -1.0], [0.5, 0.5], [9.0, 9.0]])
    labels = torch.tensor([1, 0, 1, -1])
    terms = [math.log(1 + math.exp(-0.8)), math.log(1 + math.exp(-4.0)), math.log(2)]
    assert masked_cross_entropy(logits, labels, torch.ones(2)).item() == pytest.approx(sum(terms) / 3, rel=1e-6)


def test_class_weights_follow_the_weighted_mean():
    logits, labels = torch.randn(6, 2), torch.tensor([0, 1, 1, -1, 0, 1])
    weight = torch.tensor([0.5, 3.0])
    known = labels >= 0
    picked = -log_softmax(logits, 1)[known].gather(1, labels[known, None])[:, 0]
    expected = (weight[labels[known]] * picked).sum() / weight[labels[known]].sum()
    torch.testing.assert_close(masked_cross_entropy(logits, labels, weight), expected)


def test_a_batch_without_labels_of_a_target_adds_nothing_and_no_nan():
    logits = {t: torch.randn(4, 2, requires_grad=True) for t in ("a", "b", "c")}
    labels = torch.tensor([[0, -1, 1]] * 4)
    loss = MultiTargetLoss({"a": 0.5, "b": 0.3, "c": 0.2}, {t: torch.ones(2) for t in "abc"})
    losses = loss.per_target(logits, labels)
    total = loss.combine(losses)
    total.backward()
    assert losses["b"].item() == 0.0
    assert torch.equal(logits["b"].grad, torch.zeros(4, 2))
    torch.testing.assert_close(total, 0.5 * losses["a"] + 0.2 * losses["c"])


def test_ratio_is_scaled_to_one():
    logits = {t: torch.randn(3, 2) for t in ("a", "b")}
    labels, ones = torch.tensor([[0, 1], [1, 1], [0, 0]]), {t: torch.ones(2) for t in "ab"}
    big, small = (MultiTargetLoss({"a": 7 * k, "b": 3 * k}, ones) for k in (10.0, 0.1))
    values = [loss.combine(loss.per_target(logits, labels)) for loss in (big, small)]
    torch.testing.assert_close(*values)


@given(st.integers(1, 500), st.integers(1, 500))
def test_balanced_weights_equal_scikit_learns(negatives, positives):
    labels = [0] * negatives + [1] * positives
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=labels)
    got = class_weights(ClassWeights.BALANCED, {"t": (negatives, positives)})["t"]
    torch.testing.assert_close(got, torch.tensor(expected, dtype=torch.float32))

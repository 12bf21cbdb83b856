import logging

import numpy as np
import pytest
from scipy.special import log_softmax

from ecgcore.training.network.temperature import fit_temperature, negative_log_likelihood


def test_likelihood_equals_scipys_log_softmax():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 4, (50, 2)), rng.integers(0, 2, 50)
    expected = -log_softmax(logits / 1.7, axis=1)[np.arange(50), labels].mean()
    assert negative_log_likelihood(logits, labels, 1.7) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found_again(true):
    rng = np.random.default_rng(1)
    margin = rng.normal(0, 2, 40_000)
    labels = (rng.random(40_000) < 1 / (1 + np.exp(-margin))).astype(int)
    logits = true * np.stack([np.zeros_like(margin), margin], axis=1)
    found = fit_temperature("scar", logits, labels)
    assert found.fitted
    assert found.value == pytest.approx(true, rel=0.04)  # the standard error is about 1 %


def test_missing_labels_do_not_count():
    rng = np.random.default_rng(2)
    logits, labels = rng.normal(0, 2, (200, 2)), rng.integers(0, 2, 200)
    hidden = labels.copy()
    hidden[::3] = -1
    assert (
        fit_temperature("t", logits, hidden).value
        == fit_temperature("t", logits[hidden >= 0], hidden[hidden >= 0]).value
    )


def test_too_few_labels_leave_it_at_one_with_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        found = fit_temperature("scar", np.zeros((20, 2)), np.array([1] * 9 + [0] * 11))
    assert (found.value, found.fitted, found.negatives, found.positives) == (1.0, False, 11, 9)
    assert "scar: validation has 11 negatives and 9 positives" in caplog.text


def test_separable_scores_are_pointed_out(caplog):
    labels = np.array([0, 1] * 20)
    logits = np.stack([-10.0 * labels, 10.0 * labels], axis=1)
    with caplog.at_level(logging.WARNING):
        found = fit_temperature("scar", logits, labels)
    assert (found.value, found.fitted) == (1.0, False)
    assert "scar: no validation row is on the wrong side" in caplog.text

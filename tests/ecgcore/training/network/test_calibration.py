"""Slope and intercept on validation, against scikit-learn's logistic regression."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from ecgcore.models.odds_line import IDENTITY, OddsLine
from ecgcore.training.network.calibration import fit_calibration


def drawn(n, slope, intercept, seed, scale=2.0):
    """Two-class logits and labels whose log odds are ``slope * margin + intercept``."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, scale, n)
    labels = (rng.random(n) < expit(slope * margin + intercept)).astype(int)
    negative = rng.normal(0, 3, n)  # only the difference counts
    return np.stack([negative, negative + margin], axis=1), labels


def by_sklearn(logits, labels, weight=None):
    margin = (logits[:, 1] - logits[:, 0]).reshape(-1, 1)
    found = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(margin, labels, weight)
    return float(found.coef_[0, 0]), float(found.intercept_[0])


@pytest.mark.parametrize(
    ("slope", "intercept", "scale"), [(1.0, 0.0, 2.0), (0.3, -1.4, 5.0), (2.5, 0.8, 0.5), (1.0, -2.0, 1e-3)]
)
def test_it_is_scikit_learns_unpenalised_logistic_regression(slope, intercept, scale):
    logits, labels = drawn(400, slope / scale, intercept, 3, scale)
    found = fit_calibration("scar", logits, labels)
    assert found.fitted and found.reason == ""
    if scale < 0.1:  # the reference loses its way at such a scale, so it gets the margins in units of it
        expected, at = by_sklearn(logits / scale, labels)
        expected /= scale
    else:
        expected, at = by_sklearn(logits, labels)
    assert (found.line.slope, found.line.intercept) == (pytest.approx(expected, rel=1e-4), pytest.approx(at, abs=1e-4))


def test_a_known_line_is_found_again():
    found = fit_calibration("scar", *drawn(40_000, 0.6, -1.2, 1))
    assert found.line.slope == pytest.approx(0.6, abs=0.03)  # the standard errors are about 0.01
    assert found.line.intercept == pytest.approx(-1.2, abs=0.05)


def test_the_mean_probability_is_the_share_of_positives():
    logits, labels = drawn(300, 0.7, -1.0, 5)
    line = fit_calibration("scar", logits, labels).line
    assert expit(line.of(logits[:, 1] - logits[:, 0])).mean() == pytest.approx(labels.mean(), abs=1e-9)


def test_a_head_without_bias_gets_the_slope_alone():
    logits, labels = drawn(400, 0.5, 0.0, 7)
    margin = logits[:, 1] - logits[:, 0]
    score = brentq(lambda a: np.sum(margin * (labels - expit(a * margin))), 0.01, 10, xtol=1e-14)
    found = fit_calibration("scar", logits, labels, with_intercept=False)
    assert found.line.intercept == 0
    assert found.line.slope == pytest.approx(score, rel=1e-7)


def test_missing_labels_do_not_count():
    logits, labels = drawn(300, 1.0, 0.0, 2)
    hidden = labels.copy()
    hidden[::3] = -1
    known = hidden >= 0
    assert fit_calibration("t", logits, hidden) == fit_calibration("t", logits[known], hidden[known])


def test_too_few_labels_leave_the_answers_as_they_are_with_a_warning(caplog):
    logits = np.random.default_rng(0).normal(size=(20, 2))
    with caplog.at_level(logging.WARNING):
        found = fit_calibration("scar", logits, np.array([1] * 9 + [0] * 11))
    assert (found.line, found.fitted, found.negatives, found.positives) == (IDENTITY, False, 11, 9)
    assert "scar: validation has 11 negatives and 9 positives" in caplog.text


@pytest.mark.parametrize("turned", [1, -1])
def test_separated_classes_are_fitted_on_platts_targets(turned, caplog):
    labels = np.array([0, 1] * 20)
    margin = turned * (np.linspace(0, 1, 40) + 3.0 * labels + 5)
    logits = np.stack([np.zeros(40), margin], axis=1)
    with caplog.at_level(logging.WARNING):
        found = fit_calibration("scar", logits, labels)
    assert "scar: " in caplog.text
    if turned < 0:
        assert (found.line, found.fitted) == (IDENTITY, False)
        return
    soft = np.where(labels == 1, 21 / 22, 1 / 22)  # each row once as positive and once as negative, weighted
    twice = np.vstack([logits, logits])
    expected = by_sklearn(twice, np.repeat([1, 0], 40), np.concatenate([soft, 1 - soft]))
    assert (found.line.slope, found.line.intercept) == (
        pytest.approx(expected[0], rel=1e-4),
        pytest.approx(expected[1], rel=1e-4),
    )
    assert found.fitted and "a threshold separates the classes" in found.reason
    assert ((found.line.of(margin) > 0) == (labels == 1)).all()


def test_a_slope_that_would_turn_the_model_round_is_not_folded(caplog):
    logits, labels = drawn(400, -0.8, 0.3, 4)
    assert by_sklearn(logits, labels)[0] < 0
    with caplog.at_level(logging.WARNING):
        found = fit_calibration("scar", logits, labels)
    assert (found.line, found.fitted) == (IDENTITY, False)
    assert "not above 0: the model ranks no better than chance there" in caplog.text


def test_a_network_that_says_the_same_for_everybody_stays_as_it_is():
    found = fit_calibration("scar", np.tile([0.5, -1.0], (40, 1)), np.array([0, 1] * 20))
    assert (found.line, found.fitted) == (OddsLine(1.0, 0.0), False)
    assert "the same for every validation row" in found.reason

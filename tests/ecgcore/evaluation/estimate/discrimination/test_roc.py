"""The curve against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from ecgcore.evaluation.estimate.discrimination.auc import auc
from ecgcore.evaluation.estimate.discrimination.roc import roc, roc_band


def test_points_are_scikit_learns():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 100), rng.integers(0, 20, 100) / 20
    fpr, tpr, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    curve = roc(labels, scores)
    assert curve.false_positive_rate == pytest.approx(fpr)
    assert curve.true_positive_rate == pytest.approx(tpr)
    assert curve.thresholds == pytest.approx(thresholds)


def test_the_area_below_the_points_is_the_auc():
    rng = np.random.default_rng(1)
    labels, scores = rng.integers(0, 2, 80), rng.integers(0, 9, 80)
    curve = roc(labels, scores)
    assert np.trapezoid(curve.true_positive_rate, curve.false_positive_rate) == pytest.approx(auc(labels, scores))


def test_band_encloses_the_curve():
    curve = roc([0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5])
    band = roc_band(curve, positives=3)
    assert (band.low <= curve.true_positive_rate + 1e-12).all()
    assert (curve.true_positive_rate <= band.high + 1e-12).all()

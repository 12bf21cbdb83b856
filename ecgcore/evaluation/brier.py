"""Brier score: the mean squared error of a probability."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.auc import NO_VARIANCE
from ecgcore.evaluation.bound import hoeffding_interval
from ecgcore.evaluation.cases import check_labels, check_scores
from ecgcore.evaluation.interval import DEFAULT_LEVEL, Interval


def brier(labels: ArrayLike, probabilities: ArrayLike, level: float = DEFAULT_LEVEL) -> Interval:
    """Return the mean of (probability - label) ** 2, lower is better, with Student's interval of a mean, clipped to
    [0, 1].

    Without variance, or with one case, the interval is Hoeffding's.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: between 0 and 1, shape (n,).
        level: confidence level.

    Raises:
        EvaluationError: NaN, a probability outside [0, 1], or a label other than 0 and 1.
    """
    truth = check_labels(labels).astype(np.float64)
    errors = (check_probabilities(probabilities, truth.size) - truth) ** 2
    value, n = float(errors.mean()), errors.size
    variance = float(errors.var(ddof=1)) if n > 1 else 0.0
    if variance <= NO_VARIANCE:
        return hoeffding_interval(value, n, level, (0.0, 1.0))
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * math.sqrt(variance / n)
    return Interval(value, max(0.0, value - half), min(1.0, value + half), level, "Student's t of the mean")


def check_probabilities(probabilities: ArrayLike, n: int) -> np.ndarray:
    """Return probabilities of shape (n,) as float64; EvaluationError where one lies outside [0, 1]."""
    values = check_scores(probabilities, n)
    if (values < 0).any() or (values > 1).any():
        raise EvaluationError("probabilities", "must lie between 0 and 1", "apply the softmax before evaluating")
    return values

"""Brier score: the mean squared error of a probability."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from ecgcore.evaluation.estimate.bound import hoeffding_interval
from ecgcore.evaluation.estimate.discrimination.auc import NO_VARIANCE
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.frame.cases import check_labels, check_probabilities


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

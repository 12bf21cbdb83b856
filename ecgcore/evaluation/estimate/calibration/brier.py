"""Brier score: the mean squared error of a probability."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from ecgcore.evaluation.estimate.bound import hoeffding_interval
from ecgcore.evaluation.estimate.clustered_share import mean_variance
from ecgcore.evaluation.estimate.discrimination.auc import NO_VARIANCE
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.frame.cases import check_labels, check_probabilities
from ecgcore.evaluation.frame.patients import patient_numbers


def brier(
    labels: ArrayLike, probabilities: ArrayLike, level: float = DEFAULT_LEVEL, patients: ArrayLike | None = None
) -> Interval:
    """Return the mean of (probability - label) ** 2, lower is better, with Student's interval of a mean, clipped to
    [0, 1].

    Without variance, or with one case, the interval is Hoeffding's. Where a patient has several cases, variance and
    degrees of freedom are those of the patients.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: between 0 and 1, shape (n,).
        level: confidence level.
        patients: anything that tells patients apart, shape (n,); None where every case is of another patient.

    Raises:
        EvaluationError: NaN, a probability outside [0, 1], or a label other than 0 and 1.
    """
    truth = check_labels(labels).astype(np.float64)
    errors = (check_probabilities(probabilities, truth.size) - truth) ** 2
    numbers = patient_numbers(patients, truth.size)
    n = errors.size if numbers is None else np.unique(numbers).size
    value, variance = float(errors.mean()), 0.0
    if n > 1:
        variance = float(errors.var(ddof=1)) if numbers is None else mean_variance(errors, numbers) * n
    if variance <= NO_VARIANCE:
        return hoeffding_interval(value, n, level, (0.0, 1.0))
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * math.sqrt(variance / n)
    return Interval(value, max(0.0, value - half), min(1.0, value + half), level, "Student's t of the mean")

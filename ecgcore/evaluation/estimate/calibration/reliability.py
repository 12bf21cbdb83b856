"""Calibration: how often a predicted probability comes true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.proportion import wilson
from ecgcore.evaluation.frame.cases import Floats, check_labels, check_probabilities


@dataclass(frozen=True)
class CalibrationPoint:
    """One bin of a reliability plot: mean probability, share of positives with Wilson's interval, number of studies."""

    probability: float
    observed: Interval
    n: int


@dataclass(frozen=True)
class Calibration:
    """Points of a reliability plot in order of probability, and the expected calibration error over them."""

    points: tuple[CalibrationPoint, ...]
    expected_error: float


def calibration(
    labels: ArrayLike, probabilities: ArrayLike, bins: int = 10, level: float = DEFAULT_LEVEL
) -> Calibration:
    """Return the reliability of ``probabilities`` in bins of (nearly) equal numbers of studies; equal probabilities
    stay together.

    The expected calibration error is the mean over studies of |mean probability - share of positives| of their bin.
    It is biased upwards in small samples, so it is shown and never gated.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: between 0 and 1, shape (n,).
        bins: number of bins wanted; fewer are returned where ties or few studies ask for it.
        level: level of the intervals.

    Raises:
        EvaluationError: NaN, a probability outside [0, 1], a label other than 0 and 1, or ``bins`` below 1.
    """
    truth = check_labels(labels)
    values = check_probabilities(probabilities, truth.size)
    group = bin_numbers(values, bins)
    points = tuple(_point(values[group == g], truth[group == g], level) for g in np.unique(group))
    gaps = sum(p.n * abs(p.probability - p.observed.value) for p in points)
    return Calibration(points, gaps / truth.size)


def bin_numbers(values: Floats, bins: int) -> NDArray[np.intp]:
    """Return the bin of each value, shape (n,), in bins of (nearly) equal numbers; EvaluationError without a bin."""
    if bins < 1:
        raise EvaluationError("calibration", f"needs at least one bin, not {bins}", "use 10")
    edges = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, values, side="left")


def _point(values: np.ndarray, truth: np.ndarray, level: float) -> CalibrationPoint:
    return CalibrationPoint(float(values.mean()), wilson(int(truth.sum()), truth.size, level), truth.size)

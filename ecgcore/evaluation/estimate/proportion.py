"""Binomial proportions with their intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval, check_level, normal_quantile
from ecgcore.evaluation.frame.cases import Floats

CLOPPER_PEARSON = "Clopper-Pearson"
WILSON = "Wilson"
_TINY = 1e-12  # keeps the beta function defined where the exact end, 0 or 1, replaces it


def clopper_pearson(successes: float, n: int, level: float = DEFAULT_LEVEL) -> Interval:
    """Return the proportion with its exact interval (Clopper and Pearson, Biometrika 1934).

    Args:
        successes: count between 0 and ``n``. A fraction is allowed, because the study treats an AUC as a proportion
            of its ECGs.
        n: number of trials, at least 1.
        level: confidence level.

    Raises:
        EvaluationError: ``n`` is 0 or ``successes`` lies outside [0, n].
    """
    _check(successes, n, level)
    low, high = clopper_pearson_ends(successes, n, level)
    return Interval(successes / n, float(low), float(high), level, CLOPPER_PEARSON)


def clopper_pearson_ends(successes: ArrayLike, n: ArrayLike, level: float = DEFAULT_LEVEL) -> tuple[Floats, Floats]:
    """Return the lower and upper ends of many Clopper-Pearson intervals, elementwise; 0 to 1 where ``n`` is 0."""
    hits, trials = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(n, np.float64))
    tail, misses = (1 - level) / 2, trials - hits
    low = np.where(hits == 0, 0.0, betaincinv(np.maximum(hits, _TINY), misses + 1, tail))
    high = np.where(misses == 0, 1.0, betaincinv(hits + 1, np.maximum(misses, _TINY), 1 - tail))
    return low, high


def wilson(successes: float, n: int, level: float = DEFAULT_LEVEL) -> Interval:
    """Return the proportion with Wilson's score interval (Wilson, JASA 1927). Arguments as :func:`clopper_pearson`."""
    _check(successes, n, level)
    share, z = successes / n, normal_quantile(level)
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half), level, WILSON)


def _check(successes: float, n: int, level: float) -> None:
    check_level(level)
    if n < 1:
        raise EvaluationError("proportion", "has no case to count", "use a test set that holds cases of this class")
    if not 0 <= successes <= n:
        raise EvaluationError("proportion", f"{successes} of {n} is impossible", "check how the cases were counted")

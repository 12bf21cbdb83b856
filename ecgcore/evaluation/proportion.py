"""Binomial proportions with their intervals."""

from __future__ import annotations

import math

from scipy.special import betaincinv

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.interval import DEFAULT_LEVEL, Interval, check_level, normal_quantile

CLOPPER_PEARSON = "Clopper-Pearson"
WILSON = "Wilson"


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
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return Interval(successes / n, low, high, level, CLOPPER_PEARSON)


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

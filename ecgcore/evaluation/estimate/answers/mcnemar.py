"""McNemar's test: two readers of the same studies, one right where the other is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval, normal_quantile


@dataclass(frozen=True)
class McNemar:
    """The paired comparison of two shares of right answers.

    Args:
        n: studies.
        only_first, only_second: studies that only the first, or only the second, got right.
        difference: share right of the first less that of the second.
        p_value: exact, two-sided; 1 where the two never differ.
    """

    n: int
    only_first: int
    only_second: int
    difference: Interval
    p_value: float


def mcnemar(first_right: ArrayLike, second_right: ArrayLike, level: float = DEFAULT_LEVEL) -> McNemar:
    """Return the exact test (McNemar, Psychometrika 1947, with the binomial in place of chi-squared).

    The difference has the adjusted Wald interval of Bonett and Price (British Journal of Mathematical and Statistical
    Psychology 2012), cut at -1 and 1.

    Args:
        first_right, second_right: whether each answered study i right, shape (n,) each.
        level: confidence level.

    Raises:
        EvaluationError: lengths that differ, or no study.
    """
    first, second = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    if first.shape != second.shape or first.ndim != 1 or first.size == 0:
        raise EvaluationError("McNemar's test", f"got shapes {first.shape} and {second.shape}", "pass the same studies")
    ahead, behind = int(np.sum(first & ~second)), int(np.sum(~first & second))
    p_value = float(binomtest(ahead, ahead + behind, 0.5).pvalue) if ahead + behind else 1.0
    return McNemar(first.size, ahead, behind, _difference(ahead, behind, first.size, level), p_value)


def _difference(ahead: int, behind: int, n: int, level: float) -> Interval:
    share, other = (ahead + 1) / (n + 2), (behind + 1) / (n + 2)
    centre = share - other
    half = normal_quantile(level) * math.sqrt((share + other - centre**2) / (n + 2))
    low, high = max(-1.0, centre - half), min(1.0, centre + half)
    return Interval((ahead - behind) / n, low, high, level, "Bonett-Price, paired proportions")

"""Conservative bounds, for samples in which the asymptotic variance is zero or cannot be estimated."""

from __future__ import annotations

import math

from ecgcore.evaluation.estimate.interval import Interval, check_level

SEPARATED = "exact bound of disjoint pairs"
HOEFFDING = "Hoeffding bound"


def separated_bound(pairs: int, level: float) -> float:
    """Return the lower end for an AUC whose sample value is 1.

    A sample AUC of 1 means that all of ``pairs`` = min(positives, negatives) disjoint, hence independent, pairs are in
    the right order. That has probability AUC ** pairs at most, so the Clopper-Pearson lower end for ``pairs``
    successes out of ``pairs``, ``(alpha / 2) ** (1 / pairs)``, holds with at least the level.
    """
    check_level(level)
    return ((1 - level) / 2) ** (1 / pairs)


def unordered_bound(pairs: int, level: float) -> float:
    """Return the largest plausible share of pairs that two scores order differently, when the sample holds none.

    The same argument as :func:`separated_bound`, one-sided: ``1 - alpha ** (1 / pairs)``. It bounds the absolute AUC
    difference.
    """
    check_level(level)
    return 1 - (1 - level) ** (1 / pairs)


def hoeffding_half_width(pairs: int, level: float, spread: float = 1.0) -> float:
    """Return the half width for a two-sample U-statistic whose kernel has range ``spread``.

    ``spread * sqrt(log(2 / alpha) / (2 * pairs))`` with ``pairs`` = min(positives, negatives); Hoeffding, JASA 1963,
    section 5. It holds at any sample size and is wide.
    """
    check_level(level)
    return spread * math.sqrt(math.log(2 / (1 - level)) / (2 * pairs))


def hoeffding_interval(value: float, pairs: int, level: float, limits: tuple[float, float]) -> Interval:
    """Return the Hoeffding interval around ``value``, clipped to ``limits``, the range of the kernel."""
    low, high = limits
    half = hoeffding_half_width(pairs, level, high - low)
    return Interval(value, max(low, value - half), min(high, value + half), level, HOEFFDING)

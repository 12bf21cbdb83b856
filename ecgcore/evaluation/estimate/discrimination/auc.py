"""Area under the ROC curve, with DeLong's variance and intervals that stay valid when it degenerates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from scipy.stats import rankdata

from ecgcore.evaluation.estimate.bound import SEPARATED, hoeffding_interval, separated_bound
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval, normal_quantile
from ecgcore.evaluation.frame.cases import Floats, split_cases

NO_VARIANCE = 1e-20  # rounding leaves 1e-33 where all placements are equal; one swapped pair of a million leaves 1e-18


class Scale(StrEnum):
    """The scale on which DeLong's interval is symmetric."""

    LOGIT = "logit"
    PLAIN = "plain"


@dataclass(frozen=True)
class Placements:
    """How each case is placed among the cases of the other class.

    Args:
        positive: shape (..., m), share of negatives scored below each positive, ties counting half.
        negative: shape (..., n), share of positives scored above each negative, ties counting half.
    """

    positive: Floats
    negative: Floats

    @property
    def auc(self) -> Floats:
        """Return the area, shape (...)."""
        return np.asarray(self.positive.mean(axis=-1))

    @property
    def variance(self) -> Floats:
        """Return DeLong's variance of the area, shape (...); NaN where a class has one case only."""
        return _mean_variance(self.positive) + _mean_variance(self.negative)


def _mean_variance(values: Floats) -> Floats:
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], np.nan)
    return np.asarray(values.var(axis=-1, ddof=1) / values.shape[-1])


def placements(positive: Floats, negative: Floats) -> Placements:
    """Return the placements from midranks in O(N log N).

    Sun and Xu, IEEE Signal Processing Letters 2014, equations 5 to 8; equal to DeLong, DeLong and Clarke-Pearson,
    Biometrics 1988.

    Args:
        positive: scores of the positives, shape (..., m).
        negative: scores of the negatives, shape (..., n).
    """
    m, n = positive.shape[-1], negative.shape[-1]
    pooled = rankdata(np.concatenate([positive, negative], axis=-1), axis=-1)
    above = (pooled[..., :m] - rankdata(positive, axis=-1)) / n
    below = 1 - (pooled[..., m:] - rankdata(negative, axis=-1)) / m
    return Placements(above, below)


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve: P(positive scores higher) + P(tie) / 2.

    Args:
        labels: 0 or 1, shape (n,).
        scores: higher means more positive, shape (n,).

    Raises:
        EvaluationError: NaN, a label other than 0 and 1, or a class without cases.
    """
    cases = split_cases(labels, scores)
    return float(placements(cases.positive, cases.negative).auc)


def auc_interval(
    labels: ArrayLike, scores: ArrayLike, level: float = DEFAULT_LEVEL, scale: Scale = Scale.LOGIT
) -> Interval:
    """Return the area with DeLong's interval.

    On the logit scale the standard error is SE / (AUC (1 - AUC)) (Pepe 2003, section 4.3.3; Qin and Hotilovac 2008),
    which covers better near 1. An AUC of 1 or 0 gets the exact bound of disjoint pairs; any other sample without
    variance, and one with a single case in a class, gets the Hoeffding bound.

    Args:
        labels: 0 or 1, shape (n,).
        scores: higher means more positive, shape (n,).
        level: confidence level.
        scale: logit (default) or plain, the latter clipped to [0, 1].

    Raises:
        EvaluationError: NaN, a label other than 0 and 1, or a class without cases.
    """
    cases = split_cases(labels, scores)
    placed = placements(cases.positive, cases.negative)
    value, variance = float(placed.auc), float(placed.variance)
    if not variance > NO_VARIANCE:
        return degenerate_interval(value, cases.fewest, level)
    low, high = delong_ends(np.asarray(value), np.asarray(variance), level, scale)
    return Interval(value, float(low), float(high), level, f"DeLong, {scale} scale")


def delong_ends(value: Floats, variance: Floats, level: float, scale: Scale) -> tuple[Floats, Floats]:
    """Return the ends of DeLong's interval for areas strictly between 0 and 1, elementwise."""
    half = normal_quantile(level) * np.sqrt(variance)
    if scale is Scale.PLAIN:
        return np.maximum(value - half, 0.0), np.minimum(value + half, 1.0)
    half = half / (value * (1 - value))
    return expit(logit(value) - half), expit(logit(value) + half)


def degenerate_interval(value: float, pairs: int, level: float) -> Interval:
    """Return the interval of an area whose sample shows no variance: the exact bound at 1 and 0, Hoeffding's elsewhere.

    Args:
        value: the area.
        pairs: so many pairs of a positive and a negative case are independent of each other, at least 1.
        level: confidence level.
    """
    if value == 1.0:
        return Interval(1.0, separated_bound(pairs, level), 1.0, level, SEPARATED)
    if value == 0.0:
        return Interval(0.0, 0.0, 1 - separated_bound(pairs, level), level, SEPARATED)
    return hoeffding_interval(value, pairs, level, (0.0, 1.0))

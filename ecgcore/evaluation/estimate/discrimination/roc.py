"""The ROC curve, point by point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL
from ecgcore.evaluation.estimate.proportion import wilson
from ecgcore.evaluation.frame.cases import Floats, split_cases


@dataclass(frozen=True)
class Roc:
    """Points of the curve from (0, 0) to (1, 1); all arrays have the shape (k,).

    Args:
        thresholds: falling; a study is called positive if its score is at or above the threshold. The first is
            infinity.
        false_positive_rate: share of negatives called positive.
        true_positive_rate: share of positives called positive.
    """

    thresholds: Floats
    false_positive_rate: Floats
    true_positive_rate: Floats


@dataclass(frozen=True)
class RocBand:
    """Pointwise Wilson interval of the true positive rate at each threshold of a curve, shape (k,) each."""

    low: Floats
    high: Floats


def roc(labels: ArrayLike, scores: ArrayLike) -> Roc:
    """Return the ROC curve with one point per distinct score.

    Raises:
        EvaluationError: NaN, a label other than 0 and 1, or a class without cases.
    """
    cases = split_cases(labels, scores)
    distinct = np.unique(np.concatenate([cases.positive, cases.negative]))[::-1]
    thresholds = np.concatenate([[np.inf], distinct])
    return Roc(
        thresholds, _share_at_or_above(cases.negative, thresholds), _share_at_or_above(cases.positive, thresholds)
    )


def roc_band(curve: Roc, positives: int, level: float = DEFAULT_LEVEL) -> RocBand:
    """Return the pointwise band of the true positive rate of ``curve``, which was made from ``positives`` positives."""
    ends = [wilson(rate * positives, positives, level) for rate in curve.true_positive_rate]
    return RocBand(np.array([e.low for e in ends]), np.array([e.high for e in ends]))


def _share_at_or_above(scores: Floats, thresholds: Floats) -> Floats:
    below = np.searchsorted(np.sort(scores), thresholds, side="left")
    return 1 - below / scores.size

"""The confusion table at the operating point that the predictor really uses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.proportion import clopper_pearson
from ecgcore.evaluation.frame.cases import check_labels, check_scores

OPERATING_POINT = 0.5


@dataclass(frozen=True)
class Confusion:
    """Counts of studies by label and prediction."""

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int


def confusion(labels: ArrayLike, probabilities: ArrayLike, threshold: float = OPERATING_POINT) -> Confusion:
    """Count the predictions at ``threshold``.

    The deployed predictor takes the argmax of two probabilities, and a tie goes to the first, the negative. So a
    study is predicted positive if its probability is strictly above 0.5.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: of the positive class, shape (n,).
        threshold: a probability must lie strictly above it.

    Raises:
        EvaluationError: NaN, or a label other than 0 and 1.
    """
    positive = check_labels(labels)
    called = check_scores(probabilities, positive.size) > threshold
    return Confusion(
        true_positive=int(np.sum(called & positive)),
        false_positive=int(np.sum(called & ~positive)),
        true_negative=int(np.sum(~called & ~positive)),
        false_negative=int(np.sum(~called & positive)),
    )


def sensitivity(table: Confusion, level: float = DEFAULT_LEVEL) -> Interval:
    """Return the share of positives found, with its Clopper-Pearson interval. EvaluationError if there is no
    positive.
    """
    return clopper_pearson(table.true_positive, table.true_positive + table.false_negative, level)


def specificity(table: Confusion, level: float = DEFAULT_LEVEL) -> Interval:
    """Return the share of negatives cleared, with its Clopper-Pearson interval. EvaluationError if there is no
    negative.
    """
    return clopper_pearson(table.true_negative, table.true_negative + table.false_positive, level)

"""The area under the ROC curve with a bootstrap interval that takes patients, not studies, as independent."""

from __future__ import annotations

import numpy as np

from ecgcore.evaluation.estimate.discrimination.auc import auc, degenerate_interval
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.ranking import Counts, rank
from ecgcore.evaluation.estimate.resampling import (
    DEFAULT_RESAMPLING,
    Resampling,
    percentile_interval,
    percentile_method,
    repeats,
    resampled,
    whole_range,
)
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.sample import Sample


def bootstrap_auc_interval(
    sample: Sample, level: float = DEFAULT_LEVEL, resampling: Resampling = DEFAULT_RESAMPLING
) -> Interval:
    """Return the area with the percentile interval of resampled patients.

    For test sets in which patients have several studies, which DeLong's variance takes as independent. Where the draws
    repeat the area, as they do at 1 and 0, its bounds are those of ``auc.degenerate_interval``, with as many pairs as
    can be formed of different patients, one study of each.

    Raises:
        EvaluationError: a draw lacks negatives.
    """
    ranking, value = rank(sample), auc(sample.labels, sample.probabilities)
    draws = resampled(sample, lambda w: area(ranking.counts(w)), resampling)
    if not repeats(draws, level):
        return percentile_interval(value, draws, level, percentile_method(resampling))
    return degenerate_interval(value, sample.pairs, level) if sample.pairs else whole_range(value, level)


def area(counts: Counts) -> Floats:
    """Return the area below the points of the ROC curve, joined by lines, shape (...)."""
    return np.asarray(np.trapezoid(counts.sensitivity, 1 - counts.specificity, axis=-1))

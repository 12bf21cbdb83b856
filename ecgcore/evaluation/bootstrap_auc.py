"""The area under the ROC curve with a bootstrap interval that takes patients, not studies, as independent."""

from __future__ import annotations

import numpy as np

from ecgcore.evaluation.cases import Floats
from ecgcore.evaluation.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.ranking import Counts, rank
from ecgcore.evaluation.resampling import DEFAULT_RESAMPLING, Resampling, bootstrap_interval
from ecgcore.evaluation.sample import Sample


def bootstrap_auc_interval(
    sample: Sample, level: float = DEFAULT_LEVEL, resampling: Resampling = DEFAULT_RESAMPLING
) -> Interval:
    """Return the area with the percentile interval of resampled patients.

    For test sets in which patients have several studies, which DeLong's variance takes as independent. Where the area
    is 1 or 0 every draw repeats it: use ``auc.auc_interval`` there, which falls back to an exact bound.

    Raises:
        EvaluationError: a draw lacks negatives.
    """
    ranking = rank(sample)
    return bootstrap_interval(sample, lambda w: area(ranking.counts(w)), level, resampling)


def area(counts: Counts) -> Floats:
    """Return the area below the points of the ROC curve, joined by lines, shape (...)."""
    return np.asarray(np.trapezoid(counts.sensitivity, 1 - counts.specificity, axis=-1))

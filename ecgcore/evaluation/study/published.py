"""Statistics as the published study made them: only to stand beside its printed numbers, never to decide."""

from __future__ import annotations

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.proportion import CLOPPER_PEARSON, clopper_pearson


def auc_interval_as_published(area: float, ecgs: int, level: float = DEFAULT_LEVEL) -> Interval:
    """Return an AUC with the interval of a binomial proportion of all ECGs, as the study printed it.

    An AUC is no proportion of ECGs: for the study's test sets this is narrower than DeLong's interval, which is the
    right one (``auc.auc_interval``).

    Args:
        area: AUC, between 0 and 1.
        ecgs: positives and negatives together, at least 1.
        level: confidence level.

    Raises:
        EvaluationError: the area lies outside [0, 1] or there is no ECG.
    """
    if not 0 <= area <= 1:
        raise EvaluationError("AUC", f"must lie between 0 and 1, is {area}", "pass the area, not a percentage")
    found = clopper_pearson(area * ecgs, ecgs, level)
    return Interval(area, found.low, found.high, level, f"{CLOPPER_PEARSON} of the AUC over all ECGs, as published")

"""Sensitivity, specificity and false positive rate over a range of thresholds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, check_level
from ecgcore.evaluation.estimate.proportion import clopper_pearson_ends
from ecgcore.evaluation.frame.cases import Floats, check_labels, check_scores

THRESHOLDS = tuple(i / 100 for i in range(101))


def threshold_table(
    labels: ArrayLike, probabilities: ArrayLike, thresholds: ArrayLike = THRESHOLDS, level: float = DEFAULT_LEVEL
) -> pd.DataFrame:
    """Return one row per threshold, with Clopper-Pearson intervals that hold for each threshold by itself.

    Columns: ``threshold``; the counts ``true_positive``, ``false_positive``, ``false_negative``, ``true_negative``;
    and ``sensitivity`` (true positive rate), ``specificity``, ``false_positive_rate``, each with ``_low`` and
    ``_high``, between 0 and 1. A study is called positive strictly above the threshold, as the predictor does at 0.5.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: of the positive class, shape (n,).
        thresholds: shape (k,), in the order of the rows.
        level: confidence level.

    Raises:
        EvaluationError: NaN, a label other than 0 and 1, or a class without cases.
    """
    check_level(level)
    positive = check_labels(labels)
    scores, cuts = check_scores(probabilities, positive.size), np.asarray(thresholds, dtype=np.float64)
    if positive.all() or not positive.any():
        raise EvaluationError("labels", "need both classes", "use a test set that holds both")
    hits, alarms = _above(scores[positive], cuts), _above(scores[~positive], cuts)
    misses, clears = int(positive.sum()) - hits, int((~positive).sum()) - alarms
    counts = {"true_positive": hits, "false_positive": alarms, "false_negative": misses, "true_negative": clears}
    rates = {
        **_rate("sensitivity", hits, misses, level),
        **_rate("specificity", clears, alarms, level),
        **_rate("false_positive_rate", alarms, clears, level),
    }
    return pd.DataFrame({"threshold": cuts, **counts, **rates})


def _above(scores: Floats, cuts: Floats) -> np.ndarray:
    return scores.size - np.searchsorted(np.sort(scores), cuts, side="right")


def _rate(name: str, hits: np.ndarray, others: np.ndarray, level: float) -> dict[str, Floats]:
    low, high = clopper_pearson_ends(hits, hits + others, level)
    return {name: hits / (hits + others), f"{name}_low": low, f"{name}_high": high}

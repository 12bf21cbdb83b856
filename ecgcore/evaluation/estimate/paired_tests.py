"""Many models against one reference on the same rows, corrected for their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.comparison import compare
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.predictions import target_names


def paired_tests(
    predictions: Mapping[str, pd.DataFrame],
    reference: str,
    places: Sequence[tuple[str, str]],
    level: float = DEFAULT_LEVEL,
) -> pd.DataFrame:
    """Test each model's AUC against the reference's with DeLong's paired test.

    Holm's correction takes all rows of the table as one family, so ask for all models, targets and test sets at once.
    The intervals are not corrected: each holds for its own row.

    Args:
        predictions: frames by model, as in docs/architecture/evaluation.md, of the same rows.
        reference: the model that the others are compared with.
        places: pairs of target and test set. A model without a target is left out there.
        level: of the intervals.

    Returns:
        Columns ``model``, ``target``, ``test_set``, ``n``, ``positives``, ``auc``, ``reference_auc``, ``difference``
        (model minus reference) with ``_low`` and ``_high``, ``p_value``, ``p_holm``.

    Raises:
        EvaluationError: the reference is not there or lacks a target, two models were scored on other rows, or there is
            nothing to compare.
    """
    if reference not in predictions:
        raise EvaluationError("reference", f"{reference!r} is not among {sorted(predictions)}", "name a trained model")
    others = {name: frame for name, frame in predictions.items() if name != reference}
    lines = [
        _line(name, frame, predictions[reference], target, test_set, level)
        for target, test_set in places
        for name, frame in others.items()
        if target in target_names(frame)
    ]
    if not lines:
        raise EvaluationError("paired tests", "have nothing to compare", "give at least two models of one target")
    table = pd.DataFrame(lines)
    return table.assign(p_holm=holm(table["p_value"]))


def _line(
    model: str, frame: pd.DataFrame, reference: pd.DataFrame, target: str, test_set: str, level: float
) -> dict[str, Any]:
    found = compare(frame, reference, target, test_set, level)
    return {
        "model": model,
        "target": target,
        "test_set": test_set,
        "n": found.n,
        "positives": found.positives,
        "auc": found.candidate,
        "reference_auc": found.champion,
        "difference": found.difference.value,
        "difference_low": found.difference.low,
        "difference_high": found.difference.high,
        "p_value": found.p_value,
    }


def holm(p_values: ArrayLike) -> Floats:
    """Return the p-values adjusted by Holm's step-down method (Scandinavian Journal of Statistics 1979), shape (k,).

    The i-th smallest of k is multiplied by k - i + 1, then none may fall below a smaller one's, nor exceed 1. The
    chance of any false rejection among the k stays below the level, whatever their dependence.

    Raises:
        EvaluationError: a p-value is NaN or outside [0, 1], or the shape is not (k,).
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise EvaluationError("p-values", "must be a list of numbers from 0 to 1", "drop the tests that were not done")
    order = np.argsort(values, kind="stable")
    raised = np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted

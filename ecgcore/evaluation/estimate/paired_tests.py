"""Many models against one reference on the same rows, corrected for their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.comparison import compare
from ecgcore.evaluation.estimate.holm import holm
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL
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
        predictions: frames by model, as in docs/architecture.md, of the same rows.
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

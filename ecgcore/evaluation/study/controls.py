"""A control population: people taken as normal without CMR, in whom every positive answer counts as false."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.proportion import clopper_pearson
from ecgcore.evaluation.frame.cases import check_probabilities
from ecgcore.evaluation.frame.predictions import PROBABILITY_SUFFIX


@dataclass(frozen=True)
class FalsePositives:
    """Positive answers among controls.

    Args:
        target: what is predicted.
        n: controls, one ECG of each.
        called: those with a positive answer.
        rate: their share with its Clopper-Pearson interval. It bounds the true false positive rate from above only as
            far as the controls are free of disease, which no CMR has shown.
    """

    target: str
    n: int
    called: int
    rate: Interval


def false_positives(
    controls: pd.DataFrame, target: str, threshold: float = OPERATING_POINT, level: float = DEFAULT_LEVEL
) -> FalsePositives:
    """Return the false positive rate in controls.

    Args:
        controls: columns ``study_id``, ``patient_id`` and ``<target>_probability``; one row per person, because the
            exact interval needs independent rows.
        target: whose probability is used.
        threshold: a probability strictly above it is a positive answer.
        level: confidence level.

    Raises:
        EvaluationError: a column is missing, a person occurs twice, there is no row, or a probability is invalid.
    """
    column = target + PROBABILITY_SUFFIX
    missing = [c for c in ("study_id", "patient_id", column) if c not in controls.columns]
    if missing:
        raise EvaluationError("controls", f"lack the columns {missing}", "predict the control population first")
    if controls["patient_id"].isna().any() or controls["patient_id"].duplicated().any():
        raise EvaluationError("controls", "hold a person twice or without patient_id", "keep one ECG per person")
    values = check_probabilities(controls[column], len(controls))
    called = int((values > threshold).sum())
    return FalsePositives(target, len(controls), called, clopper_pearson(called, len(controls), level))

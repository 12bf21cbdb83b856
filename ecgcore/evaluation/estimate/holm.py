"""Correction for many tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.frame.cases import Floats


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

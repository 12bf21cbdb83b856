"""Scores of the positive and of the negative cases, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecgcore.errors import EvaluationError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cases:
    """Scores split by label: ``positive`` of shape (m,), ``negative`` of shape (n,), in the order of the rows."""

    positive: Floats
    negative: Floats

    @property
    def fewest(self) -> int:
        """Return the size of the smaller class."""
        return min(self.positive.size, self.negative.size)


def check_labels(labels: ArrayLike) -> NDArray[np.bool_]:
    """Return labels 0/1 of shape (n,) as booleans.

    Raises:
        EvaluationError: not one-dimensional, empty, or a value other than 0 and 1 (a missing label must be masked
            before).
    """
    array = np.asarray(labels, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise EvaluationError("labels", f"need a non-empty list, have shape {array.shape}", "pass one label per study")
    if not np.isin(array, (0.0, 1.0)).all():
        raise EvaluationError("labels", "must all be 0 or 1", "drop the studies whose label is missing first")
    return array == 1.0


def check_scores(scores: ArrayLike, n: int) -> Floats:
    """Return scores of shape (n,) as float64.

    Raises:
        EvaluationError: wrong length, NaN or infinity.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.shape != (n,):
        raise EvaluationError("scores", f"have shape {array.shape}, labels have ({n},)", "pass one score per label")
    if not np.isfinite(array).all():
        raise EvaluationError("scores", "contain NaN or infinity", "find the study whose prediction is not a number")
    return array


def split_cases(labels: ArrayLike, scores: ArrayLike) -> Cases:
    """Split ``scores`` by ``labels``, both of shape (n,).

    Raises:
        EvaluationError: invalid labels or scores, or one class has no case.
    """
    positive = check_labels(labels)
    values = check_scores(scores, positive.size)
    cases = Cases(values[positive], values[~positive])
    if cases.fewest == 0:
        raise EvaluationError(
            "labels",
            f"need both classes, have {cases.positive.size} positives and {cases.negative.size} negatives",
            "use a test set that holds both",
        )
    return cases


def check_probabilities(probabilities: ArrayLike, n: int) -> np.ndarray:
    """Return probabilities of shape (n,) as float64; EvaluationError where one lies outside [0, 1]."""
    values = check_scores(probabilities, n)
    if (values < 0).any() or (values > 1).any():
        raise EvaluationError("probabilities", "must lie between 0 and 1", "apply the softmax before evaluating")
    return values

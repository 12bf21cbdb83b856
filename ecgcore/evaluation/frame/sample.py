"""The labelled studies of one target and test set: what the resampling statistics are computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.frame.cases import Floats, check_labels, check_probabilities
from ecgcore.evaluation.frame.predictions import check_predictions, labelled, labels_and_probabilities, rows_of


@dataclass(frozen=True, eq=False)
class Sample:
    """Labelled studies, row by row.

    Args:
        labels: shape (n,), true where the study is positive.
        probabilities: of the positive class, shape (n,), between 0 and 1.
        patients: shape (n,), the number of the patient of each row, from 0 to the number of patients - 1.
    """

    labels: NDArray[np.bool_]
    probabilities: Floats
    patients: NDArray[np.intp]

    @property
    def n(self) -> int:
        """Return the number of studies."""
        return self.labels.size

    @property
    def positives(self) -> int:
        """Return the number of positive studies."""
        return int(self.labels.sum())

    @property
    def pairs(self) -> int:
        """Return how many pairs of a positive and a negative study there are with no patient in two of them."""
        ill, well = (set(self.patients[mask].tolist()) for mask in (self.labels, ~self.labels))
        return min(len(ill), len(well), len(ill | well) // 2)

    @property
    def prevalence(self) -> float:
        """Return the share of positive studies."""
        return self.positives / self.n


def make_sample(labels: ArrayLike, probabilities: ArrayLike, patients: ArrayLike | None = None) -> Sample:
    """Return a checked sample of both classes.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: between 0 and 1, shape (n,).
        patients: anything that tells patients apart, shape (n,); None where every study is of another patient.

    Raises:
        EvaluationError: NaN, a value out of range, lengths that differ, or a class without cases.
    """
    truth = check_labels(labels)
    if truth.all() or not truth.any():
        raise EvaluationError("labels", f"need both classes, have {truth.sum()} positives of {truth.size}", _HINT)
    names = np.arange(truth.size) if patients is None else np.asarray(patients)
    if names.shape != truth.shape:
        raise EvaluationError("patients", f"have shape {names.shape}, labels {truth.shape}", "pass one per study")
    return Sample(truth, check_probabilities(probabilities, truth.size), pd.factorize(names)[0])


def sample_of(predictions: pd.DataFrame, target: str, test_set: str) -> Sample:
    """Return the labelled studies of one target and test set, sorted by study.

    Raises:
        EvaluationError: the frame is wrong, lacks the target or test set, or one class has no case.
    """
    check_predictions(predictions)
    return sample_from_rows(rows_of(predictions, target, test_set), target)


def sample_from_rows(rows: pd.DataFrame, target: str) -> Sample:
    """Return the labelled ones of the given rows of a predictions frame. EvaluationError as :func:`make_sample`."""
    known = labelled(rows, target)
    if known.empty:
        raise EvaluationError("labels", f"of {target} are all missing", _HINT)
    return make_sample(*labels_and_probabilities(known, target), known["patient_id"].to_numpy())


_HINT = "use a test set that holds both classes"

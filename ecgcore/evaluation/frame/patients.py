"""Whose the cases are, where a patient has several."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.frame.cases import Floats, check_labels

Numbers = NDArray[np.intp]


def patient_numbers(patients: ArrayLike | None, n: int) -> Numbers | None:
    """Return the patient of each row as a number from 0, shape (n,); None where every row is of another patient.

    Args:
        patients: anything that tells patients apart, shape (n,); None where every row is of another patient.
        n: number of rows.

    Raises:
        EvaluationError: a patient is missing, or there is not one per row.
    """
    if patients is None:
        return None
    names = np.asarray(patients)
    if names.shape != (n,) or pd.isna(names).any():
        raise EvaluationError("patients", f"have shape {names.shape}, labels ({n},), or gaps", "pass one per study")
    numbers = pd.factorize(names)[0]
    return None if numbers.max(initial=-1) + 1 == n else numbers


def sums_by_patient(values: Floats, numbers: Numbers) -> Floats:
    """Return the sum of each patient's values; from shape (..., n) to (..., patients with a value)."""
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    return np.asarray(np.add.reduceat(values[..., order], starts, axis=-1))


@dataclass(frozen=True, eq=False)
class Clusters:
    """The patients of the positive cases, shape (m,), and of the negative ones, shape (n,), numbered alike."""

    positive: Numbers
    negative: Numbers

    @property
    def ill(self) -> int:
        """Return the number of patients with a positive case."""
        return np.unique(self.positive).size

    @property
    def well(self) -> int:
        """Return the number of patients with a negative case."""
        return np.unique(self.negative).size

    @property
    def patients(self) -> int:
        """Return the number of patients."""
        return np.union1d(self.positive, self.negative).size

    @property
    def pairs(self) -> int:
        """Return how many pairs of a positive and a negative case there are with no patient in two of them."""
        return min(self.ill, self.well, self.patients // 2)


def clusters(labels: ArrayLike, patients: ArrayLike | None) -> Clusters | None:
    """Return whose the cases of each label are; None where every case is of another patient.

    Raises:
        EvaluationError: invalid labels, or as :func:`patient_numbers`.
    """
    positive = check_labels(labels)
    numbers = patient_numbers(patients, positive.size)
    return None if numbers is None else Clusters(numbers[positive], numbers[~positive])

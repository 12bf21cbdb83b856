"""The clinical features of studies: as they were recorded, and as networks read them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from ecgcore.data.recorded import recorded
from ecgcore.data.snapshot import CATEGORICAL_FEATURES

AGE = "age"
AGE_SCALE = 100.0  # models see age / 100: 63 years are 0.63
CLINICAL_COLUMNS = (*CATEGORICAL_FEATURES, AGE)

Table = NDArray[np.float64]


@dataclass(frozen=True)
class ClinicalFeatures:
    """What a clinical network reads beside the image, nothing missing.

    Args:
        categories: ``(N, 5)`` int64, 0 or 1, in the order of ``CATEGORICAL_FEATURES``.
        numbers: ``(N, 1)`` float32, age / 100.
        imputed: ``(N,)`` bool: any of them was not recorded.
    """

    categories: NDArray[np.int64] = field(repr=False)
    numbers: NDArray[np.float32] = field(repr=False)
    imputed: NDArray[np.bool_] = field(repr=False)

    @classmethod
    def of(cls, complete: Table, recorded: Table) -> ClinicalFeatures:
        """Return the features of a completed clinical table, and where they differ from the recorded ones."""
        categories = len(CATEGORICAL_FEATURES)
        return cls(
            complete[:, :categories].astype(np.int64),
            complete[:, categories:].astype(np.float32),
            incomplete(recorded),
        )

    def take(self, indices: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the categories ``(B, 5)`` and numbers ``(B, 1)`` of some rows."""
        return torch.from_numpy(self.categories[indices]), torch.from_numpy(self.numbers[indices])


def incomplete(table: Table) -> NDArray[np.bool_]:
    """Return ``(N,)``: whether anything of a row is missing."""
    return np.asarray(np.isnan(table).any(axis=1))


def clinical_table(studies: pd.DataFrame) -> Table:
    """Return ``(N, 6)`` in the order of ``CLINICAL_COLUMNS``: 0 or 1, and age / 100; NaN where nothing was recorded.

    A risk factor that was not recorded but guessed is missing, too (:func:`ecgcore.data.recorded.recorded`).
    """
    table = recorded(studies)[list(CLINICAL_COLUMNS)].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    table[:, CLINICAL_COLUMNS.index(AGE)] /= AGE_SCALE
    return table

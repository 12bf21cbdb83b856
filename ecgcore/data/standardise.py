"""The scaler of signals: mean and standard deviation of each lead over the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecgcore.data.dataset import StudyDataset

if TYPE_CHECKING:
    from sklearn.preprocessing import StandardScaler

_ROWS_AT_ONCE = 256


def fit_scaler(train: StudyDataset) -> StandardScaler:
    """Return scikit-learn's scaler over all samples of all rows, one column per lead.

    A lead that is the same everywhere keeps the scale 1.

    Args:
        train: training rows with signals ``(12, S)``; held ``_ROWS_AT_ONCE`` at a time.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    for start in range(0, len(train), _ROWS_AT_ONCE):
        signals = train.cache.read(train.rows[start : start + _ROWS_AT_ONCE])
        scaler.partial_fit(np.moveaxis(signals, 1, 2).reshape(-1, signals.shape[1]).astype(np.float64))
    return scaler

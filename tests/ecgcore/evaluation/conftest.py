"""Predictions frames with known numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

MakeFrame = Callable[..., pd.DataFrame]


@pytest.fixture
def make_frame() -> MakeFrame:
    """Return a maker of a one-target predictions frame from labels and probabilities."""

    def make(labels, probabilities, test_set="new", target="scar", **columns) -> pd.DataFrame:
        n = len(labels)
        return pd.DataFrame(
            {
                "study_id": [f"S{test_set}{i:05d}" for i in range(n)],
                "patient_id": [f"P{test_set}{i:05d}" for i in range(n)],
                "ecg_format": ["new"] * n,
                "test_set": [test_set] * n,
                f"{target}_label": pd.array(labels, dtype="Int8"),
                f"{target}_probability": np.asarray(probabilities, dtype=np.float64),
                **columns,
            }
        )

    return make


@pytest.fixture
def binormal_frame(make_frame) -> MakeFrame:
    """Return a maker of a frame whose scores are binormal with a given separation, turned into probabilities."""

    def make(positives, negatives, shift, seed=0, noise=0.0, **columns) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        labels = np.repeat([1, 0], [positives, negatives])
        scores = rng.normal(labels * shift) + noise * np.random.default_rng(seed + 1000).normal(size=labels.size)
        prior = np.log(positives / negatives)
        return make_frame(labels, 1 / (1 + np.exp(-(shift * scores - shift * shift / 2 + prior))), **columns)

    return make


_REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="session")
def r_cases() -> pd.DataFrame:
    """Return the made-up cases that R and pROC computed ``reference.csv`` from (``reference.R``)."""
    return pd.read_csv(_REFERENCE / "cases.csv")


@pytest.fixture(scope="session")
def from_r() -> dict[str, float]:
    """Return what R and pROC printed, by name."""
    return pd.read_csv(_REFERENCE / "reference.csv").set_index("name")["value"].to_dict()

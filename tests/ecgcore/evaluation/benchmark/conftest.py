"""Contenders with a known amount of signal."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from ecgcore.evaluation.benchmark.contender import Contender

N = 160


def pseudonym(letter: str, number: int) -> str:
    return letter + hashlib.sha256(str(number).encode()).hexdigest()[:20]


def make_frame(signal: float, seed: int, imputed_every: int = 0) -> pd.DataFrame:
    """80 ECGs of each format: 40 positive for scar, 20 for LVEF; scores binormal with shift ``signal``."""
    rng, number = np.random.default_rng(seed), np.arange(N)
    test_set = np.where(number < N // 2, "old", "new")
    frame = pd.DataFrame(
        {
            "study_id": [pseudonym("S", n) for n in number],
            "patient_id": [pseudonym("P", n // 2) for n in number],
            "ecg_format": test_set,
            "test_set": test_set,
            "female": pd.array(number % 2, dtype="Int8"),
            "age": 40.0 + number % 50,
            "imputed": number % imputed_every == 0 if imputed_every else np.zeros(N, bool),
            "lvef_percent": np.where(number % 4 == 0, 25.0 + number % 24, 60.0),
            "subendocardial_scar": pd.array((number % 4 == 0).astype(int), dtype="Int8"),
            "transmural_scar": pd.array((number % 4 == 2).astype(int), dtype="Int8"),
        }
    )
    for target, positive in (("scar", number % 2 == 0), ("lvef", number % 4 == 0)):
        frame[f"{target}_label"] = pd.array(positive.astype(int), dtype="Int8")
        frame[f"{target}_probability"] = 1 / (1 + np.exp(-rng.normal(positive * signal - 1)))
    return frame


@pytest.fixture(scope="session")
def contenders() -> list[Contender]:
    return [
        Contender("image", "an image model", make_frame(1.6, 1)),
        Contender("clinical", "with clinical features", make_frame(1.4, 2, imputed_every=5)),
        Contender(
            "table", "clinical features alone", make_frame(0.4, 3).drop(columns=["lvef_label", "lvef_probability"])
        ),
    ]

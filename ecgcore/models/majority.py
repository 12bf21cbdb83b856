"""The majority-class baseline: everybody gets the share of positives among the training rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import PredictorError


@dataclass(frozen=True)
class MajorityModel:
    """A constant per target. Its AUC is 0.5 and its accuracy the share of the larger class.

    Args:
        prevalence: by target, in 0..1: positives / labelled among the training rows. From 0.5 on (excluded) everybody
            is called positive, otherwise everybody negative.

    Raises:
        PredictorError: no target, or a prevalence outside 0..1.
    """

    prevalence: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.prevalence:
            raise PredictorError("the majority model", "has no target", "export the model again")
        for target, share in self.prevalence.items():
            if not (math.isfinite(share) and 0 <= share <= 1):
                raise PredictorError(f"prevalence of {target}", f"must be 0 to 1, is {share!r}", "export it again")

    @property
    def features(self) -> tuple[str, ...]:
        """It reads none."""
        return ()

    @property
    def targets(self) -> tuple[str, ...]:
        """What it predicts, in order."""
        return tuple(self.prevalence)

    def probabilities(self, features: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Return the probability of the positive class by target, float64 (N,), for features of shape (N, 0)."""
        return {target: np.full(len(features), share) for target, share in self.prevalence.items()}

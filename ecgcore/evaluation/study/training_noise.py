"""How much an AUC changes when only the training's seed changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from ecgcore.errors import EvaluationError


@dataclass(frozen=True)
class TrainingNoise:
    """The standard deviation over seeds, pooled over ways to train that are taken to be equally noisy.

    Args:
        sd: of one training's AUC; NaN if every way was trained with one seed only.
        degrees: of freedom of ``sd``.
        seeds: trainings per way.
    """

    sd: float
    degrees: int
    seeds: int

    @classmethod
    def pooled(cls, aucs: Sequence[Sequence[float]]) -> TrainingNoise:
        """Estimate it from the AUCs of each way's seeds: the root of the mean variance within ways.

        Three seeds alone estimate a standard deviation badly; ``A`` ways of ``k`` seeds have ``A (k - 1)`` degrees.

        Raises:
            EvaluationError: the ways have different numbers of seeds, or there is none.
        """
        counts = {len(each) for each in aucs}
        if len(counts) != 1 or 0 in counts:
            raise EvaluationError("training noise", "needs as many seeds of each way", "train the missing ones")
        seeds = counts.pop()
        if seeds == 1:
            return cls(math.nan, 0, 1)
        return cls(float(np.sqrt(np.var(np.array(aucs), axis=1, ddof=1).mean())), len(aucs) * (seeds - 1), seeds)

    @property
    def of_difference(self) -> float:
        """Standard error that it gives the difference of two ways' means: ``sd sqrt(2 / seeds)``."""
        return self.sd * math.sqrt(2 / self.seeds)


@dataclass(frozen=True)
class TotalError:
    """The standard error of a difference from two sources, and how many degrees of freedom it has.

    Args:
        error: root of the sum of both variances.
        degrees: by Welch and Satterthwaite (Biometrika 1947); the part of the cases counts as known, as in DeLong's
            test. Infinite where the part of the seeds is none.
    """

    error: float
    degrees: float

    @classmethod
    def of(cls, case_error: float, noise: TrainingNoise) -> TotalError:
        """Add the noise of training to the standard error that the choice of cases gives.

        With a single seed the noise is unknown and left out.
        """
        if noise.seeds == 1 or noise.sd == 0:
            return cls(case_error, math.inf)
        seeds = noise.of_difference**2
        total = case_error**2 + seeds
        return cls(math.sqrt(total), noise.degrees * (total / seeds) ** 2)

    def half_width(self, level: float) -> float:
        """Return the half width of the interval: Student's quantile times the error."""
        return float(student.ppf(0.5 + level / 2, self.degrees)) * self.error

    def p_value(self, value: float) -> float:
        """Return the two-sided p-value of no difference; 1 where there is no variance to test with."""
        return 1.0 if self.error == 0 else float(2 * student.sf(abs(value) / self.error, self.degrees))

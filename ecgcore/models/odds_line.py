"""A straight line on the log odds, and how a linear two-class head takes it in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # folding into a head is asked by who has torch already
    import torch


@dataclass(frozen=True)
class OddsLine:
    """``log odds = slope * (z1 - z0) + intercept``, where z0 and z1 are a model's logits of negative and positive.

    >>> OddsLine(0.5, -1.0).of(np.array([2.0, 4.0])).tolist()
    [0.0, 1.0]

    Args:
        slope: above 0, so that no ranking changes; below 1 it draws extreme probabilities in.
        intercept: in log odds; above 0 it makes every study more likely to be called positive.

    Raises:
        ValueError: a number is not finite, or the slope is not above 0, which would turn the answers round.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.slope) and self.slope > 0):
            raise ValueError(f"slope must be a finite number above 0, is {self.slope!r}")
        if not math.isfinite(self.intercept):
            raise ValueError(f"intercept must be a finite number, is {self.intercept!r}")

    @classmethod
    def of_temperature(cls, temperature: float) -> OddsLine:
        """Return the line of logits divided by ``temperature``, as models were calibrated until 2026."""
        return cls(1 / temperature, 0.0)

    @property
    def inverse(self) -> OddsLine:
        """The line that undoes this one."""
        return OddsLine(1 / self.slope, -self.intercept / self.slope)

    def of(self, margins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log odds of margins ``z1 - z0``, any shape."""
        return self.slope * margins + self.intercept

    def shifted(self, by: float) -> OddsLine:
        """Return the line with ``by`` added to its intercept."""
        return OddsLine(self.slope, self.intercept + by)

    def folded(self, state: Mapping[str, torch.Tensor], head: str) -> dict[str, torch.Tensor]:
        """Return the entries of a head ``Linear(F, 2)`` with this line in them.

        The intercept goes in two halves into the bias, so that the softmax of the head's logits is the logistic
        function of the line.

        Args:
            state: holds ``<head>.weight`` ``(2, F)`` and, where the head has one, ``<head>.bias`` ``(2,)``.
            head: name of the head.

        Raises:
            ValueError: the head has no bias, and the intercept is not 0.
        """
        weight, bias = f"{head}.weight", f"{head}.bias"
        if bias not in state:
            if self.intercept:
                raise ValueError(f"the intercept {self.intercept!r} needs a bias, and the head has none")
            return {weight: state[weight] * self.slope}
        halves = state[bias].new_tensor([-self.intercept / 2, self.intercept / 2])
        return {weight: state[weight] * self.slope, bias: state[bias] * self.slope + halves}


IDENTITY = OddsLine(1.0, 0.0)
"""Leaves a model's answers as they are."""

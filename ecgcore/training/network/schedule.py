"""The learning rate of each optimiser step: linear warm-up, then linear or cosine decay to 0."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ecgcore.errors import TrainingError
from ecgcore.training.recipe.recipe import Decay


@dataclass(frozen=True)
class Schedule:
    """The factor on the peak learning rate at step ``s`` (0-based) of ``total`` steps, with ``w`` warm-up steps:

        s < w:   (s + 1) / w
        linear:  1 - (s - w) / (total - w)
        cosine:  (1 + cos(pi (s - w) / (total - w))) / 2

    No step has rate 0; the decay would reach it at step ``total``. From ``hold_from`` on, the factor is ``hold``.

    Args:
        total: optimiser steps of the whole training.
        warmup: ``w``.
        decay: shape.
        hold_from: first step of a constant rate, or None.
        hold: that constant factor.

    Raises:
        TrainingError: the warm-up would last the whole training.
    """

    total: int
    warmup: int
    decay: Decay
    hold_from: int | None = None
    hold: float = 1.0

    def __post_init__(self) -> None:
        if self.warmup >= self.total:
            raise TrainingError(
                "schedule",
                f"{self.warmup} warm-up steps, but the training has only {self.total} steps",
                "lower schedule.warmup_steps in the recipe, or train on more studies",
            )

    def factor(self, step: int) -> float:
        """Return the factor at ``step``, 0 to 1."""
        if self.hold_from is not None and step >= self.hold_from:
            return self.hold
        if step < self.warmup:
            return (step + 1) / self.warmup
        done = min(1.0, (step - self.warmup) / (self.total - self.warmup))
        return 1.0 - done if self.decay is Decay.LINEAR else (1.0 + math.cos(math.pi * done)) / 2

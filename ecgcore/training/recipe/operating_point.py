"""The operating point that a recipe asks for, per target: where the predictor, whose threshold is 0.5, says yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ecgcore.training.recipe.strict import require


class PointKind(StrEnum):
    """How it is chosen.

    ``calibrated``: positive where the calibrated probability is above one half.
    ``min_sensitivity``: the highest threshold, at most one half, that finds the given share of validation positives.
    """

    CALIBRATED = "calibrated"
    MIN_SENSITIVITY = "min_sensitivity"


@dataclass(frozen=True)
class OperatingPoint:
    """What a recipe asks for, for one target; ``sensitivity`` in (0, 1) belongs to ``min_sensitivity``."""

    kind: PointKind
    sensitivity: float | None = None

    def __post_init__(self) -> None:
        asks = self.kind is PointKind.MIN_SENSITIVITY
        rule = "operating_point: 'sensitivity' belongs to kind min_sensitivity, which needs it"
        require((self.sensitivity is not None) == asks, rule)
        require(self.sensitivity is None or 0 < self.sensitivity < 1, "operating_point: sensitivity must be in (0, 1)")


CALIBRATED = OperatingPoint(PointKind.CALIBRATED)
"""The point of a target for which a recipe names none."""


def require_points(points: Mapping[str, OperatingPoint] | None, targets: Sequence[str]) -> None:
    """Refuse a recipe's operating points that are not one per target, from a ``__post_init__``.

    Raises:
        ValueError: which names the rule.
    """
    rule = "operating_point: names each of the model's targets, no other"
    require(points is None or set(points) == set(targets), rule)

"""An estimate with its confidence interval."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import ndtri

from ecgcore.errors import EvaluationError

DEFAULT_LEVEL = 0.95
_ROUNDING = 1e-9  # an exact bound may miss its own estimate by rounding, never by more


@dataclass(frozen=True)
class Interval:
    """A point estimate and the interval around it, in the unit of the estimate.

    Args:
        value: the estimate.
        low: lower end, at most ``value``.
        high: upper end, at least ``value``.
        level: confidence level between 0 and 1, for example 0.95.
        method: how the interval was made, in words a reader can look up.

    Raises:
        EvaluationError: a number is not finite, or the ends do not enclose the estimate.
    """

    value: float
    low: float
    high: float
    level: float
    method: str

    def __post_init__(self) -> None:
        check_level(self.level)
        if not all(math.isfinite(x) for x in (self.value, self.low, self.high)):
            raise EvaluationError(self.method, f"is not finite: {self.value}, {self.low} to {self.high}", _HINT)
        if not self.low - _ROUNDING <= self.value <= self.high + _ROUNDING:
            raise EvaluationError(self.method, f"{self.low} to {self.high} does not enclose {self.value}", _HINT)

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain numbers and text, for JSON."""
        return asdict(self)


_HINT = "check the predictions for NaN and the labels for a class without cases"


def check_level(level: float) -> None:
    """Raise EvaluationError unless ``level`` is a confidence level strictly between 0 and 1."""
    if not 0 < level < 1:
        raise EvaluationError("confidence level", f"must lie between 0 and 1, is {level}", "use 0.95")


def normal_quantile(level: float) -> float:
    """Return the two-sided standard normal quantile, 1.96 at level 0.95."""
    check_level(level)
    return float(ndtri(0.5 + level / 2))

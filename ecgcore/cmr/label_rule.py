"""Labels: when a target is positive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecgcore.errors import TableError


class Comparison(StrEnum):
    """How an LVEF is compared with the threshold. The study's paper says ``<``, its released code ``<=``."""

    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class LabelRule:
    """When a target is positive: scar is 1; LVEF is below (or at most) a threshold.

    Args:
        threshold: LVEF, percent, above 0 and below 100.
        comparison: ``<`` or ``<=``.

    Raises:
        TableError: the threshold is out of range.
        ValueError: the comparison is neither of the two.
    """

    threshold: float = 50.0
    comparison: Comparison = Comparison.BELOW

    def __post_init__(self) -> None:
        object.__setattr__(self, "comparison", Comparison(self.comparison))
        if not 0 < self.threshold < 100:
            raise TableError(
                "label rule", f"has the LVEF threshold {self.threshold}", "give a percentage between 0 and 100"
            )

    def reduced(self, percent: float | None) -> int | None:
        """Return 1 for a reduced LVEF, 0 for a preserved one, None where it was not measured."""
        if percent is None:
            return None
        return int(percent < self.threshold if self.comparison is Comparison.BELOW else percent <= self.threshold)

    def __str__(self) -> str:
        return f"lvef {self.comparison} {self.threshold:g}"

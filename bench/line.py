"""One measured number beside its limit and its target."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from bench.bench_part import Part


class Sense(StrEnum):
    """On which side of a target the good numbers lie."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True)
class Target:
    """What must hold.

    Args:
        sense: on which side.
        number: the bound, which itself still meets the target.
        of_ratio: it bounds the ratio, not the value.
    """

    sense: Sense
    number: float
    of_ratio: bool = False

    def is_met(self, value: float) -> bool:
        return value <= self.number if self.sense is Sense.AT_MOST else value >= self.number

    def __str__(self) -> str:
        return f"{'ratio ' if self.of_ratio else ''}{self.sense.value} {self.number:,g}"


@dataclass(frozen=True)
class Line:
    """One line of the report.

    Args:
        part: what it belongs to.
        name: what was measured.
        value: the median; None if it could not be measured here, and the note says why.
        unit: of value and limit.
        limit: what the bare tool or the machine gives, in the same unit; None where there is none.
        limit_name: what the limit is.
        ratio: as the target defines it, by default value / limit; None without a limit.
        target: what must hold; None if the number only explains another.
        note: what one must know to read it.
    """

    part: Part
    name: str
    value: float | None
    unit: str
    limit: float | None = None
    limit_name: str = ""
    ratio: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target, or if what it bounds could not be measured."""
        bounded = self.ratio if self.target and self.target.of_ratio else self.value
        return None if self.target is None or bounded is None else self.target.is_met(bounded)

    @property
    def verdict(self) -> str:
        """``met``, ``missed``, or nothing."""
        return {True: "met", False: "missed", None: ""}[self.met]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        values = asdict(self)
        return {**values, "part": self.part.value, "target": str(self.target) if self.target else None, "met": self.met}

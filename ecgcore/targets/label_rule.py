"""When a number makes a target positive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ecgcore.errors import TargetError
from ecgcore.targets.language import Language

_TEXT = re.compile(r"\s*(<=|<|>=|>)\s*([0-9]+(?:\.[0-9]+)?)\s*")


class Comparison(StrEnum):
    """How a number is compared with the threshold. Of the LVEF the study's paper says ``<``, its first code ``<=``."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="


_WORDS = {
    Comparison.BELOW: {Language.ENGLISH: "below", Language.THAI: "ต่ำกว่า"},
    Comparison.AT_MOST: {Language.ENGLISH: "at most", Language.THAI: "ไม่เกิน"},
    Comparison.ABOVE: {Language.ENGLISH: "above", Language.THAI: "มากกว่า"},
    Comparison.AT_LEAST: {Language.ENGLISH: "at least", Language.THAI: "ไม่ต่ำกว่า"},
}


@dataclass(frozen=True, slots=True)
class LabelRule:
    """A target is positive where its number compares so with a threshold.

    Args:
        threshold: in the unit of the label column.
        comparison: ``<``, ``<=``, ``>`` or ``>=``.

    Raises:
        ValueError: the comparison is none of the four.
    """

    threshold: float
    comparison: Comparison = Comparison.BELOW

    def __post_init__(self) -> None:
        object.__setattr__(self, "comparison", Comparison(self.comparison))

    @classmethod
    def of(cls, text: str) -> LabelRule:
        """Read a rule such as ``< 50``.

        Raises:
            TargetError: the text is no comparison with a number.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise TargetError("label rule", f"is {text!r}", "write a comparison with a number, such as '< 50'")
        return cls(float(found[2]), Comparison(found[1]))

    def holds(self, value: float) -> bool:
        """Tell whether a measured value makes the target positive."""
        if self.comparison is Comparison.BELOW:
            return value < self.threshold
        if self.comparison is Comparison.AT_MOST:
            return value <= self.threshold
        return value > self.threshold if self.comparison is Comparison.ABOVE else value >= self.threshold

    def words(self, language: Language) -> str:
        """Return the rule as people read it: ``below 50``."""
        return f"{_WORDS[self.comparison][language]} {self.threshold:g}"

    def __str__(self) -> str:
        return f"{self.comparison} {self.threshold:g}"

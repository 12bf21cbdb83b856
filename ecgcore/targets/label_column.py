"""A label column: something that a label table says about a study."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecgcore.errors import TargetError


class Kind(StrEnum):
    """What a label is."""

    BINARY = "flag"  # 0 or 1
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """One label of a study, and how a label table writes it.

    Args:
        name: in the catalogue, such as ``lvef``.
        kind: a flag or a number.
        hint: what the data steward does with a cell that is neither.
        written: the column's name in label tables.
        unit: of a number, such as ``percent``; "" for none.
        low, high: the range of a number that is believed, inclusive; None for a flag.
        detail: it describes another label: a row is worth keeping only for the others, and may lack this one.
        like: a word of a misspelt column name that begins so probably means this column; "" for none.

    Raises:
        TargetError: a number without a range, or a flag with one.
    """

    name: str
    kind: Kind
    hint: str
    written: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    detail: bool = False
    like: str = ""

    def __post_init__(self) -> None:
        thing = f"label column {self.name}"
        if self.kind is Kind.BINARY and (self.low, self.high, self.unit) != (None, None, ""):
            raise TargetError(thing, "is a flag and has a range or a unit", "leave range and unit out")
        if self.kind is Kind.NUMBER and (self.low is None or self.high is None or not self.low < self.high):
            raise TargetError(thing, "is a number without a range", "give the values that are believed: range: [5, 90]")

    @property
    def key(self) -> str:
        """Its name in frames, snapshots and the ledger, with the unit: ``lvef_percent``."""
        return f"{self.name}_{self.unit}" if self.unit else self.name

    def cell(self, value: float) -> int | float:
        """Return a stored value as what it is: an integer for a flag."""
        return int(value) if self.kind is Kind.BINARY else float(value)

"""What a validation rule is. The rules themselves stand in :mod:`ecgcore.cmr.rules.label_rules`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Effect(StrEnum):
    """What a broken rule does to its row. Where a row breaks several, the first of this list counts."""

    REJECT = "reject"  # the whole table
    DUPLICATE = "duplicate"
    QUARANTINE = "quarantine"
    EXCLUDE = "exclude"
    WARN = "warn"


class Kind(StrEnum):
    """How a rule is checked, on the frame that :func:`ecgcore.cmr.rules.check_frame.check_frame` makes."""

    HAS_COLUMN = "has-column"  # of the table: the column is there
    ROW_COUNT = "row-count"  # of the table: at least `minimum` rows
    UNIQUE = "unique"  # of the table: no value twice
    PRESENT = "present"  # the value is not missing
    READABLE = "readable"  # the cell is empty or parses
    BETWEEN = "between"  # minimum <= value <= maximum; missing passes
    IN_SET = "in-set"  # the cell's text is empty or one of `values`
    NOT_IN_SET = "not-in-set"  # the cell's text is none of `values`
    NO_MATCH = "no-match"  # the regex `pattern` is nowhere in the value; missing passes
    SAME = "same"  # the two columns agree; missing on either side passes
    NO_FINDING = "no-finding"  # a computed column holds nothing


TABLE_KINDS = frozenset({Kind.HAS_COLUMN, Kind.ROW_COUNT, Kind.UNIQUE})


class Moment(StrEnum):
    """A bound that is known only when the rule is checked."""

    TODAY = "today"


Bound = float | date | Moment | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One validation rule.

    Args:
        name: in kebab case, unique.
        columns: the frame's columns that it looks at; it is checked on each of them (SAME: on the two together).
        kind: how it is checked.
        effect: what breaking it does.
        message: what it demands.
        hint: what the data steward does next.
        minimum: lower bound, inclusive (BETWEEN, ROW_COUNT).
        maximum: upper bound, inclusive (BETWEEN).
        values: the set (IN_SET, NOT_IN_SET), as text.
        pattern: the regular expression (NO_MATCH).
    """

    name: str
    columns: tuple[str, ...]
    kind: Kind
    effect: Effect
    message: str
    hint: str
    minimum: Bound = None
    maximum: Bound = None
    values: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def of_table(self) -> bool:
        """Whether it judges the table as a whole."""
        return self.kind in TABLE_KINDS


def strongest(effects: Iterable[Effect]) -> Effect | None:
    """Return the effect that counts for a row which has several; None without any."""
    return min(effects, key=list(Effect).index, default=None)

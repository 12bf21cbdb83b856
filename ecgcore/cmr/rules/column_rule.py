"""A rule that one row of a label table, or the table as a whole, can be checked against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ecgcore.cmr.rules.rule import Rule


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


@dataclass(frozen=True, kw_only=True)
class ColumnRule(Rule):
    """A rule on columns of a label table.

    Args:
        columns: the frame's columns that it looks at; it is checked on each of them (SAME: on the two together).
        kind: how it is checked.
        message: what it demands.
        minimum: lower bound, inclusive (BETWEEN, ROW_COUNT).
        maximum: upper bound, inclusive (BETWEEN).
        values: the set (IN_SET, NOT_IN_SET), as text.
        pattern: the regular expression (NO_MATCH).
    """

    columns: tuple[str, ...]
    kind: Kind
    message: str
    minimum: Bound = None
    maximum: Bound = None
    values: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def of_table(self) -> bool:
        """Whether it judges the table as a whole."""
        return self.kind in TABLE_KINDS

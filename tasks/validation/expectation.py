"""Rules -> Great Expectations. One rule gives one expectation per column that it looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from ecgcore.cmr.rules.check_frame import finding_column, text_column, unread_column
from ecgcore.cmr.rules.column_rule import Bound, ColumnRule, Kind, Moment

if TYPE_CHECKING:
    from great_expectations.expectations import Expectation

Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation of a rule.

    Args:
        rule: the rule.
        column: the rule's column, which a failure names.
        source: the column of the check frame that the expectation reads, and whose value a failure shows.
    """

    rule: ColumnRule
    column: str
    source: str


def checks_of(rule: ColumnRule, columns: frozenset[str]) -> tuple[Check, ...]:
    """Return the checks of a rule that a frame with these columns can run."""
    checks = (Check(rule, c, _source(rule, c)) for c in (rule.columns[:1] if rule.kind is Kind.SAME else rule.columns))
    return tuple(c for c in checks if rule.kind is Kind.HAS_COLUMN or _runs(c, columns))


def _source(rule: ColumnRule, column: str) -> str:
    if rule.kind is Kind.NO_FINDING:
        return finding_column(rule.name, column)
    if rule.kind is Kind.READABLE:
        return unread_column(column)
    return text_column(column) if rule.kind in (Kind.IN_SET, Kind.NOT_IN_SET) else column


def _runs(check: Check, columns: frozenset[str]) -> bool:
    return check.source in columns and (check.rule.kind is not Kind.SAME or set(check.rule.columns) <= columns)


def compile_check(check: Check, today: date) -> Expectation:
    """Return the expectation of a check; its `meta` leads back to the rule, whose words the result keeps."""
    words = {
        "description": f"{check.column}: {check.rule.message} ({check.rule.name}, {check.rule.effect})",
        "notes": f"Next step: {check.rule.hint}.",
        "meta": {"rule": check.rule.name, "column": check.column},
    }
    return _COMPILERS[check.rule.kind](check, today, words)


def _has_column(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnToExist

    return ExpectColumnToExist(column=check.source, **words)


def _row_count(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectTableRowCountToBeBetween

    return ExpectTableRowCountToBeBetween(min_value=check.rule.minimum, **words)  # type: ignore[arg-type]


def _unique(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnValuesToBeUnique

    return ExpectColumnValuesToBeUnique(column=check.source, **words)


def _present(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnValuesToNotBeNull

    return ExpectColumnValuesToNotBeNull(column=check.source, **words)


def _empty(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnValuesToBeNull

    return ExpectColumnValuesToBeNull(column=check.source, **words)


def _between(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnValuesToBeBetween

    low, high = _limit(check.rule.minimum, today), _limit(check.rule.maximum, today)
    return ExpectColumnValuesToBeBetween(column=check.source, min_value=low, max_value=high, **words)


def _in_set(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnValuesToBeInSet

    return ExpectColumnValuesToBeInSet(column=check.source, value_set=list(check.rule.values), **words)


def _not_in_set(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnValuesToNotBeInSet

    return ExpectColumnValuesToNotBeInSet(column=check.source, value_set=list(check.rule.values), **words)


def _no_match(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnValuesToNotMatchRegex

    return ExpectColumnValuesToNotMatchRegex(column=check.source, regex=check.rule.pattern, **words)


def _same(check: Check, today: date, words: Words) -> Expectation:
    from great_expectations.expectations import ExpectColumnPairValuesToBeEqual

    one, other = check.rule.columns
    return ExpectColumnPairValuesToBeEqual(
        column_A=one, column_B=other, ignore_row_if="either_value_is_missing", **words
    )


def _limit(bound: Bound, today: date) -> float | datetime | None:
    if isinstance(bound, Moment):
        bound = today
    return datetime.combine(bound, time()) if isinstance(bound, date) else bound


_COMPILERS: dict[Kind, Callable[[Check, date, Words], Expectation]] = {
    Kind.HAS_COLUMN: _has_column,
    Kind.ROW_COUNT: _row_count,
    Kind.UNIQUE: _unique,
    Kind.PRESENT: _present,
    Kind.READABLE: _empty,
    Kind.BETWEEN: _between,
    Kind.IN_SET: _in_set,
    Kind.NOT_IN_SET: _not_in_set,
    Kind.NO_MATCH: _no_match,
    Kind.SAME: _same,
    Kind.NO_FINDING: _empty,
}

"""The rules that follow from the catalogue of targets: what a cell of each label column must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecgcore.cmr.rules.column_rule import ColumnRule
from ecgcore.cmr.rules.column_rule import Kind as Check
from ecgcore.cmr.rules.finding import Effect
from ecgcore.cmr.sheet.columns import flag_columns
from ecgcore.targets.catalogue import Catalogue
from ecgcore.targets.label_column import Kind, LabelColumn

LABEL_REQUIRED = "label-required"


def label_required(catalogue: Catalogue) -> ColumnRule:
    """Return the rule that a row has at least one label."""
    names = ", ".join(column.written for column in catalogue.labels)
    return ColumnRule(
        LABEL_REQUIRED,
        Effect.QUARANTINE,
        f"enter at least one of {names} from the CMR report",
        columns=tuple(column.key for column in catalogue.labels),
        kind=Check.NO_FINDING,
        message=f"each row has at least one label: {names}",
    )


def flag_set(catalogue: Catalogue) -> ColumnRule:
    """Return the one rule of all flags that are no label of their own."""
    details = tuple(column.key for column in catalogue.details if column.kind is Kind.BINARY)
    return ColumnRule(
        "flag-set",
        Effect.QUARANTINE,
        "write 1 for yes, 0 for no, and leave it empty if unknown",
        columns=(*details, *flag_columns()),
        kind=Check.IN_SET,
        message="yes-or-no columns hold 0, 1 or nothing",
        values=("0", "1"),
    )


def label_cell_rules(catalogue: Catalogue) -> tuple[ColumnRule, ...]:
    """Return the rules of the labels' cells: a number that reads and is believed, a flag that is 0 or 1."""
    numbers = tuple(column for column in catalogue.details if column.kind is Kind.NUMBER)
    return tuple(rule for column in (*catalogue.labels, *numbers) for rule in _rules_of(column))


def _rules_of(column: LabelColumn) -> Iterator[ColumnRule]:
    if column.kind is Kind.BINARY:
        message = f"{column.written} is 0, 1 or empty"
        yield _rule(column, "set", Check.IN_SET, message, column.hint, values=("0", "1"))
        return
    unit = f" {column.unit}" if column.unit else ""
    plain = "write a plain number, 55 or 55.5, without a unit; leave it empty if unknown"
    yield _rule(column, "number", Check.READABLE, f"{column.written} is a plain number", plain)
    believed = f"{column.written} is between {column.low:g} and {column.high:g}{unit}"
    yield _rule(column, "range", Check.BETWEEN, believed, column.hint, minimum=column.low, maximum=column.high)


def _rule(column: LabelColumn, ending: str, check: Check, message: str, hint: str, **bounds: Any) -> ColumnRule:
    name = f"{column.name}-{ending}".replace("_", "-")
    return ColumnRule(name, Effect.QUARANTINE, hint, columns=(column.key,), kind=check, message=message, **bounds)

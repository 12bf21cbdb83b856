"""The rules that follow from the catalogue of targets: what a cell of each label column must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecgcore.cmr.rules.rule import Effect, Rule
from ecgcore.cmr.rules.rule import Kind as Check
from ecgcore.cmr.sheet.columns import flag_columns
from ecgcore.targets.catalogue import Catalogue
from ecgcore.targets.label_column import Kind, LabelColumn

LABEL_REQUIRED = "label-required"


def label_required(catalogue: Catalogue) -> Rule:
    """Return the rule that a row has at least one label."""
    names = ", ".join(column.written for column in catalogue.labels)
    return Rule(
        LABEL_REQUIRED,
        tuple(column.key for column in catalogue.labels),
        Check.NO_FINDING,
        Effect.QUARANTINE,
        f"each row has at least one label: {names}",
        f"enter at least one of {names} from the CMR report",
    )


def flag_set(catalogue: Catalogue) -> Rule:
    """Return the one rule of all flags that are no label of their own."""
    details = tuple(column.key for column in catalogue.details if column.kind is Kind.BINARY)
    return Rule(
        "flag-set",
        (*details, *flag_columns()),
        Check.IN_SET,
        Effect.QUARANTINE,
        "yes-or-no columns hold 0, 1 or nothing",
        "write 1 for yes, 0 for no, and leave it empty if unknown",
        values=("0", "1"),
    )


def label_cell_rules(catalogue: Catalogue) -> tuple[Rule, ...]:
    """Return the rules of the labels' cells: a number that reads and is believed, a flag that is 0 or 1."""
    numbers = tuple(column for column in catalogue.details if column.kind is Kind.NUMBER)
    return tuple(rule for column in (*catalogue.labels, *numbers) for rule in _rules_of(column))


def _rules_of(column: LabelColumn) -> Iterator[Rule]:
    if column.kind is Kind.BINARY:
        message = f"{column.written} is 0, 1 or empty"
        yield _rule(column, "set", Check.IN_SET, message, column.hint, values=("0", "1"))
        return
    unit = f" {column.unit}" if column.unit else ""
    plain = "write a plain number, 55 or 55.5, without a unit; leave it empty if unknown"
    yield _rule(column, "number", Check.READABLE, f"{column.written} is a plain number", plain)
    believed = f"{column.written} is between {column.low:g} and {column.high:g}{unit}"
    yield _rule(column, "range", Check.BETWEEN, believed, column.hint, minimum=column.low, maximum=column.high)


def _rule(column: LabelColumn, ending: str, check: Check, message: str, hint: str, **bounds: Any) -> Rule:
    name = f"{column.name}-{ending}".replace("_", "-")
    return Rule(name, (column.key,), check, Effect.QUARANTINE, message, hint, **bounds)

"""Label rows -> what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from ecgcore.cmr.rules.check_frame import check_frame, text_column
from ecgcore.cmr.rules.column_rule import ColumnRule, Kind
from ecgcore.cmr.rules.label_rules import required_columns, rules
from ecgcore.cmr.rules.validation_report import RowFailure, TableFailure, ValidationReport
from ecgcore.errors import TableError
from ecgcore.pages.validation_page import CheckLine, FailingRow, ValidationPage
from tasks.validation.data_docs import write_data_docs
from tasks.validation.expectation import checks_of
from tasks.validation.validator import CheckResult, run_checks

_BATCH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def validate(
    frame: pd.DataFrame,
    *,
    batch_id: str,
    data_docs_dir: Path | None = None,
    today: date | None = None,
    ingest_page: Path | None = None,
) -> ValidationReport:
    """Check the rows of a batch against every rule. The first call in a process imports the validator, some 5 s.

    Args:
        frame: the rows of all label tables of the batch (:class:`ecgcore.cmr.table.label_table.LabelTable`), perhaps
            with the columns `page_format` of the ECG that a row names, null where there is none, and `table`, the file
            that a row stands in, which the Data Docs name.
        batch_id: letters, digits, ``.``, ``_`` and ``-``, at most 100.
        data_docs_dir: where Data Docs go, each batch's into its own folder; None builds none.
        today: the last day that is not in the future, by default today.
        ingest_page: the page of the ingest, to which the Data Docs lead.

    Raises:
        TableError: the batch id cannot name a folder, or a rule could not be evaluated.
    """
    if not _BATCH_ID.fullmatch(batch_id):
        raise TableError("batch", "has an id that cannot name a folder", "use letters, digits, `.`, `_` and `-`")
    applicable = _applicable(frozenset(frame.columns))
    checked = check_frame(frame, applicable)
    columns = frozenset(checked.columns)
    checks = tuple(check for rule in applicable for check in checks_of(rule, columns))
    run = run_checks(checked, checks, batch_id, today or date.today())
    outcomes = run.outcomes
    page = None
    if data_docs_dir is not None:
        shown = _page(batch_id, outcomes, checked, str(ingest_page or ""))
        page = write_data_docs(data_docs_dir / batch_id, shown, run.result)
    rejected = tuple(_table_failure(o, checked) for o in outcomes if o.check.rule.of_table and not o.success)
    failures = () if rejected else _row_failures(outcomes, checked)
    return ValidationReport(failures, rejected, page)


def _page(batch_id: str, outcomes: tuple[CheckResult, ...], checked: pd.DataFrame, ingest_page: str) -> ValidationPage:
    lines = tuple(_check_line(outcome, checked) for outcome in outcomes)
    return ValidationPage(batch_id, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", len(checked), lines, "", ingest_page)


def _check_line(outcome: CheckResult, checked: pd.DataFrame) -> CheckLine:
    rule = outcome.check.rule
    failing: tuple[FailingRow, ...] = ()
    if not rule.of_table and outcome.row_ids:
        positions = {row_id: i for i, row_id in enumerate(checked["row_id"])}
        places = _places(checked)
        failing = tuple(
            FailingRow(*places[positions[f.row_id]], f.value) for f in _failures(outcome, checked, positions)
        )
    return CheckLine(
        rule.name, outcome.check.column, rule.message, rule.hint, outcome.expectation, outcome.success, outcome.rows,
        failing,
    )  # fmt: skip


def _places(checked: pd.DataFrame) -> list[tuple[str, int]]:
    tables = checked["table"].tolist() if "table" in checked else [""] * len(checked)
    return list(zip(tables, checked["row"].tolist(), strict=True))


def _applicable(columns: frozenset[str]) -> tuple[ColumnRule, ...]:
    """Return all rules; without a required column only those of the table, because the batch is rejected anyway."""
    return tuple(rule for rule in rules() if rule.of_table or columns.issuperset(required_columns()))


def _table_failure(outcome: CheckResult, checked: pd.DataFrame) -> TableFailure:
    rule = outcome.check.rule
    values = {Kind.HAS_COLUMN: "no such column", Kind.ROW_COUNT: f"{len(checked)} rows"}
    return TableFailure(rule.name, outcome.check.column, values.get(rule.kind, "the same twice"), rule.hint)


def _row_failures(outcomes: tuple[CheckResult, ...], checked: pd.DataFrame) -> tuple[RowFailure, ...]:
    positions = {row_id: i for i, row_id in enumerate(checked["row_id"])}
    found = [
        f for outcome in outcomes if not outcome.check.rule.of_table for f in _failures(outcome, checked, positions)
    ]
    return tuple(sorted(found, key=lambda failure: positions[failure.row_id]))


def _failures(outcome: CheckResult, checked: pd.DataFrame, positions: Mapping[str, int]) -> Iterator[RowFailure]:
    rule, column = outcome.check.rule, outcome.check.column
    texts = [checked[name].astype(object).where(checked[name].notna(), None) for name in _shown_columns(outcome)]
    for row_id in outcome.row_ids:
        cells = [text.iat[positions[row_id]] for text in texts]
        value = " and ".join("empty" if cell is None else str(cell) for cell in cells)
        yield RowFailure(row_id, rule.name, column, value, rule.hint, rule.effect)


def _shown_columns(outcome: CheckResult) -> tuple[str, ...]:
    rule, check = outcome.check.rule, outcome.check
    if rule.kind is Kind.NO_FINDING:
        return (check.source,)
    return tuple(text_column(c) for c in (rule.columns if rule.kind is Kind.SAME else (check.column,)))

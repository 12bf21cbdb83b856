"""The page of one validation: every check of the label rules, and the rows that fail it."""

from __future__ import annotations

from dataclasses import dataclass

from ecgcore.counted import counted
from ecgcore.pages.document import (
    Block,
    Callout,
    Cell,
    Document,
    Link,
    Section,
    Table,
    Text,
    Tone,
    capped,
    number,
    sentence,
)


@dataclass(frozen=True)
class FailingRow:
    """A row that fails a check: its table's path in the inbox, its number in the spreadsheet, and its value."""

    table: str
    row: int
    value: str


@dataclass(frozen=True)
class CheckLine:
    """What one check said.

    Args:
        rule, column: what was checked, and where.
        words: what holds for a good row.
        hint: what to do about one that is not.
        expectation: the validator's name for it.
        success: whether it holds.
        rows: how many rows were looked at.
        failing: each row that fails; values hold pseudonyms only.
    """

    rule: str
    column: str
    words: str
    hint: str
    expectation: str
    success: bool
    rows: int
    failing: tuple[FailingRow, ...]


@dataclass(frozen=True)
class ValidationPage:
    """A batch as the validator saw it.

    Args:
        batch_id: of the batch.
        created: when, as people read it.
        rows: how many the batch has.
        checks: all of them, in the order of the rules.
        result: path of the validator's own result, as JSON.
        ingest_page: path of the page of the ingest, empty where there is none.
    """

    batch_id: str
    created: str
    rows: int
    checks: tuple[CheckLine, ...]
    result: str
    ingest_page: str = ""


def validation_document(page: ValidationPage) -> Document:
    """Return the page of a validation."""
    failed = tuple(check for check in page.checks if not check.success)
    return Document(
        title=f"Validation of {page.batch_id}",
        subtitle=f"Label tables: {counted(page.rows, 'row')}, {counted(len(page.checks), 'check')}, {page.created}",
        sections=(
            Section("Outcome", (_outcome(page, failed),)),
            Section("Checks that fail", _failing(failed)),
            Section("All checks", (_checks(page),)),
            Section("Look further", _links(page)),
        ),
    )


def _links(page: ValidationPage) -> tuple[Block, ...]:
    ingest = (Link("What became of these rows and of their reports", page.ingest_page),) if page.ingest_page else ()
    return (*ingest, Link("The validator's own result: every number, as JSON", page.result))


def _outcome(page: ValidationPage, failed: tuple[CheckLine, ...]) -> Block:
    if not failed:
        return Callout(f"All {len(page.checks):,} checks hold.", Tone.GOOD)
    return Callout(f"Checks that fail: {len(failed):,} of {len(page.checks):,}.", Tone.CAUTION)


def _failing(failed: tuple[CheckLine, ...]) -> tuple[Block, ...]:
    if not failed:
        return (Text("No row fails a check."),)
    numbers = Text("Rows are numbered as a spreadsheet shows them: the names of the columns stand in row 1.")
    return (numbers, *map(_rows, failed))


def _rows(check: CheckLine) -> Block:
    caption = f"{check.rule}, {check.column}: {check.words}. Next step: {check.hint}."
    if not check.failing:
        return Callout(caption, Tone.BAD)  # it is about the batch, not about a row
    return capped(caption, ("table", "row", "value"), tuple(_place(row) for row in check.failing))


def _place(row: FailingRow) -> tuple[Cell, ...]:
    return Cell(row.table), Cell(str(row.row), numeric=True), Cell(row.value)


def _checks(page: ValidationPage) -> Table:
    columns = ("rule", "column", "expectation", "verdict", "rows", "fail", "what holds for a good row")
    rows = tuple(_line(check) for check in page.checks)
    return Table("Every check of the label rules, in their order.", columns, rows, len(rows))


def _line(check: CheckLine) -> tuple[Cell, ...]:
    verdict = Cell("holds", Tone.GOOD) if check.success else Cell("fails", Tone.BAD)
    counts = number(check.rows), number(len(check.failing))
    return Cell(check.rule), Cell(check.column), Cell(check.expectation), verdict, *counts, sentence(check.words)

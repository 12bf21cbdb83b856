"""The page of the data steward: everything in quarantine, with rule, value and what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ecgcore.counted import counted
from ecgcore.pages.document import Block, Cell, Document, Link, Section, Text, capped, sentence
from ecgcore.pages.parts.inbox_file import inbox_file
from ecgcore.pages.parts.rule_table import RuleCount, rule_table


@dataclass(frozen=True)
class QuarantineLine:
    """One entry.

    Args:
        source: file name, without identifiers.
        row: row of a table as a spreadsheet shows it, None for a whole file.
        rule, value, hint: what is broken, by what, and the next step.
        since: day it was quarantined.
    """

    source: str
    row: int | None
    rule: str
    value: str
    hint: str
    since: str


@dataclass(frozen=True)
class QuarantinePage:
    """The quarantine as it stands.

    Args:
        created: when the page was made.
        entries: all open entries.
        to_correct: paths of the files to correct; none where no row is quarantined.
        inbox: where the files lie, empty where nobody knows.
    """

    created: str
    entries: tuple[QuarantineLine, ...]
    to_correct: tuple[str, ...]
    inbox: str = ""


def quarantine_document(page: QuarantinePage) -> Document:
    """Return the page of the quarantine."""
    return Document(
        title="Quarantine",
        subtitle=f"{counted(len(page.entries), 'open entry')}, {page.created}. Nothing is deleted.",
        sections=(
            Section("By rule", (rule_table(_counts(page), _CAPTION), *correction(page.to_correct))),
            Section("Entries", (_entries(page),)),
        ),
    )


_CAPTION = "Open entries, by rule: an entry is one file or one row that somebody corrects."


def _counts(page: QuarantinePage) -> tuple[RuleCount, ...]:
    hints = {e.rule: e.hint for e in reversed(page.entries)}
    files = Counter(e.rule for e in page.entries if e.row is None)
    rows = Counter(e.rule for e in page.entries if e.row is not None)
    return tuple(RuleCount(rule, files[rule], rows[rule], hint) for rule, hint in hints.items())


def correction(files: tuple[str, ...]) -> tuple[Block, ...]:
    """Return what to do with the files to correct; nothing where there is none."""
    text = "Correct the rows in this file and put it into the inbox's cmr/ folder; the next ingest releases them"
    return tuple(Link(text, path) for path in files)


def _entries(page: QuarantinePage) -> Block:
    if not page.entries:
        return Text("Nothing is in quarantine.")
    columns = ("file", "row", "since", "rule", "value", "what to do")
    return capped(
        "Every open entry, of this and of earlier ingests.", columns, tuple(_line(page, e) for e in page.entries)
    )


def _line(page: QuarantinePage, entry: QuarantineLine) -> tuple[Cell, ...]:
    row = Cell("" if entry.row is None else str(entry.row), numeric=True)
    rest = (entry.since, entry.rule, entry.value)
    return (
        Cell(entry.source, target=inbox_file(page.inbox, entry.source)),
        row,
        *(Cell(text) for text in rest),
        sentence(entry.hint),
    )

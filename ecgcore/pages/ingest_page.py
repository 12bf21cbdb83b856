"""The page of one ingest: what came in, what became of it, and what a person has to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecgcore.pages.document import Block, Callout, Cell, Command, Document, Section, Text, Tone, capped, number
from ecgcore.pages.rule_table import RuleCount, rule_table
from ecgcore.pages.state_table import state_table


@dataclass(frozen=True)
class FileLine:
    """One file of a batch. ``rule``, ``value`` and ``hint`` are empty unless it is quarantined or excluded."""

    name: str
    state: str
    rule: str
    value: str
    hint: str


@dataclass(frozen=True)
class CautionLine:
    """What is unusual about reports that may be used, what to do, and their names."""

    caution: str
    hint: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class IngestPage:
    """What an ingest did.

    Args:
        batch_id: of the batch.
        started: when, as people read it.
        inbox: where the files came from.
        files_seen: source files found in the inbox, each once.
        counts_by_state: files by state; should add up to ``files_seen``, and the page says so where it does not.
        rows_by_state: table rows by state.
        studies: studies accepted by this batch.
        rules: what was quarantined.
        alerts: batch limits that were exceeded, one sentence each.
        files: one line per file; names must not identify a patient.
        cautions: what is unusual about reports that were read, and not refused.
        quarantine_csv: path of the file that the data steward corrects, empty where there is none.
    """

    batch_id: str
    started: str
    inbox: str
    files_seen: int
    counts_by_state: Mapping[str, int]
    rows_by_state: Mapping[str, int]
    studies: int
    rules: tuple[RuleCount, ...]
    alerts: tuple[str, ...]
    files: tuple[FileLine, ...]
    cautions: tuple[CautionLine, ...]
    quarantine_csv: str


def ingest_document(page: IngestPage) -> Document:
    """Return the page of an ingest."""
    return Document(
        title=f"Ingest {page.batch_id}",
        subtitle=f"{page.files_seen:,} files from {page.inbox}, {page.started}; {page.studies:,} studies accepted",
        sections=(
            Section("What needs attention", _attention(page)),
            Section("Files by state", (state_table("Source files, each counted once", page.counts_by_state),)),
            Section("Table rows by state", (state_table("Rows of the label tables", page.rows_by_state),)),
            Section("Quarantine by rule", _quarantine(page)),
            Section("Reports to look at", _cautions(page.cautions)),
            Section("Files", (_files(page),)),
        ),
    )


def _attention(page: IngestPage) -> tuple[Block, ...]:
    alerts = [Callout(a, Tone.BAD) for a in page.alerts]
    total = sum(page.counts_by_state.values())
    if total != page.files_seen:
        alerts.append(
            Callout(f"The counts do not add up: {page.files_seen:,} files seen, {total:,} with a state.", Tone.BAD)
        )
    if alerts:
        return tuple(alerts)
    quarantined = page.counts_by_state.get("quarantined", 0) + page.rows_by_state.get("quarantined", 0)
    if quarantined:
        return (Callout(f"{quarantined:,} files and rows are quarantined; what to do stands below.", Tone.CAUTION),)
    if page.cautions:
        unusual = len({name for caution in page.cautions for name in caution.names})
        return (Callout(f"{unusual:,} reports are unusual; they are named below.", Tone.CAUTION),)
    if not page.files_seen:
        return (Callout("The inbox was empty. Nothing to do.", Tone.GOOD),)
    return (Callout("Every file was understood. Nothing to do.", Tone.GOOD),)


def _quarantine(page: IngestPage) -> tuple[Block, ...]:
    table = rule_table(page.rules)
    if not page.quarantine_csv:
        return (table,)
    text = "Correct the rows in this file and put it into the inbox; the next ingest releases them."
    return (table, Command(text, page.quarantine_csv))


def _cautions(cautions: tuple[CautionLine, ...]) -> tuple[Block, ...]:
    if not cautions:
        return (Text("No report that was read is unusual."),)
    counts = tuple((Cell(c.caution), number(len(c.names)), Cell(c.hint)) for c in cautions)
    names = tuple((Cell(name), Cell(c.caution)) for c in cautions for name in c.names)
    return (
        capped("Read and not refused, by caution; only this page and the ingest's summary list them",
               ("caution", "count", "what it means"), counts),
        capped("Which reports", ("file", "caution"), names),
    )  # fmt: skip


def _files(page: IngestPage) -> Block:
    if not page.files:
        return Text("No file is listed.")
    columns = ("file", "state", "rule", "value", "what to do")
    ordered = sorted(page.files, key=lambda f: (_URGENCY.get(f.state, len(_URGENCY)), f.name))
    return capped("Files of this batch, those to act on first", columns, tuple(_line(f) for f in ordered))


_URGENCY = {"quarantined": 0, "unpaired": 1, "waiting": 2}
_TONES = {"quarantined": Tone.BAD, "unpaired": Tone.CAUTION, "accepted": Tone.GOOD}


def _line(file: FileLine) -> tuple[Cell, ...]:
    state = Cell(file.state, _TONES.get(file.state, Tone.PLAIN))
    return Cell(file.name), state, Cell(file.rule), Cell(file.value), Cell(file.hint)

"""The page of one ingest: what came in, what became of it, and what a person has to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecgcore.counted import counted
from ecgcore.pages.document import Block, Callout, Cell, Document, Link, Section, Text, Tone, capped, number, sentence
from ecgcore.pages.parts.inbox_file import inbox_file
from ecgcore.pages.parts.rule_table import RuleCount, rule_table
from ecgcore.pages.parts.state_table import state_table
from ecgcore.pages.quarantine_page import correction


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
    """What is unusual about reports that may be used, what to do, their names, and what more is known of some."""

    caution: str
    hint: str
    names: tuple[str, ...]
    details: Mapping[str, str] = field(default_factory=dict)


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
        left_alone: why a file of the inbox is in no state, by its path; names must not identify a patient.
        rules: what is quarantined: files of the inbox, and rows.
        alerts: batch limits that were exceeded, one sentence each.
        files: one line per file; names must not identify a patient.
        cautions: what is unusual about reports that were read, and not refused.
        to_correct: paths of the files that the data steward corrects, of this and of earlier ingests.
        not_read: columns and sheets of the new tables that were not read, by the table's name.
        table_cautions: what is unusual about the new tables; the names are table and rows.
        links: what each further page shows, and its path.
    """

    batch_id: str
    started: str
    inbox: str
    files_seen: int
    counts_by_state: Mapping[str, int]
    rows_by_state: Mapping[str, int]
    studies: int
    left_alone: Mapping[str, str]
    rules: tuple[RuleCount, ...]
    alerts: tuple[str, ...]
    files: tuple[FileLine, ...]
    cautions: tuple[CautionLine, ...]
    to_correct: tuple[str, ...]
    not_read: Mapping[str, str] = field(default_factory=dict)
    table_cautions: tuple[CautionLine, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def ingest_document(page: IngestPage) -> Document:
    """Return the page of an ingest."""
    return Document(
        title=f"Ingest {page.batch_id}",
        subtitle=f"{counted(page.files_seen, 'file')} from {page.inbox}, {page.started}; {_accepted(page)}",
        sections=(
            Section("What needs attention", _attention(page)),
            Section(
                "Files by state", (state_table("Every source file of the inbox counts once.", page.counts_by_state),)
            ),
            Section(
                "Table rows by state",
                (
                    state_table(
                        "Every row of the label tables counts once, those of earlier ingests too.", page.rows_by_state
                    ),
                ),
            ),
            Section("Quarantine by rule", _quarantine(page)),
            Section("Reports to look at", _cautions(page)),
            *_table_cautions(page),
            *_not_read(page),
            Section("Files", (_files(page),)),
            *((Section("Files left alone", (_left_alone(page),)),) if page.left_alone else ()),
            *((Section("Look further", tuple(Link(*link) for link in page.links)),) if page.links else ()),
        ),
    )


def _accepted(page: IngestPage) -> str:
    return f"{counted(page.studies, 'new study')}, each one ECG with its CMR row"


def _attention(page: IngestPage) -> tuple[Block, ...]:
    alerts = [Callout(a, Tone.BAD) for a in page.alerts]
    total = sum(page.counts_by_state.values())
    if total != page.files_seen:
        alerts.append(
            Callout(
                f"The counts do not add up: {counted(page.files_seen, 'file')} seen, {total:,} with a state.", Tone.BAD
            )
        )
    unread = sum(reason not in _ORDINARY for reason in page.left_alone.values())
    if unread:
        text = f"Files of the inbox that were not taken in: {unread:,}. Which and why stands under Files left alone."
        alerts.append(Callout(text, Tone.CAUTION))
    quarantined = page.counts_by_state.get("quarantined", 0) + page.rows_by_state.get("quarantined", 0)
    if quarantined:
        text = f"Files and rows in quarantine: {quarantined:,}. What to do stands below."
        alerts.append(Callout(text, Tone.CAUTION))
    if page.cautions:
        unusual = len({name for caution in page.cautions for name in caution.names})
        alerts.append(Callout(f"Unusual reports: {unusual:,}. They are named below.", Tone.CAUTION))
    if page.table_cautions:
        unusual = len({place for caution in page.table_cautions for place in caution.names})
        alerts.append(
            Callout(f"Tables with rows or columns to look at: {unusual:,}. They are named below.", Tone.CAUTION)
        )
    if alerts:
        return tuple(alerts)
    if not page.files_seen:
        return (Callout("The inbox was empty. Nothing to do.", Tone.GOOD),)
    unless = ", unless a column that was not read matters; these stand below" if page.not_read else ""
    return (Callout(f"Every file was understood. Nothing to do{unless}.", Tone.GOOD),)


def _quarantine(page: IngestPage) -> tuple[Block, ...]:
    return (rule_table(page.rules), *correction(page.to_correct))


def _not_read(page: IngestPage) -> tuple[Section, ...]:
    if not page.not_read:
        return ()
    text = Text(
        "No label table has these. If one of them matters, give it its name in the table and hand that in again."
    )
    lines = tuple((Cell(name), Cell(what)) for name, what in page.not_read.items())
    return (
        Section(
            "Not read", (text, capped("Columns and sheets that were left out, by table.", ("table", "what"), lines))
        ),
    )


def _table_cautions(page: IngestPage) -> tuple[Section, ...]:
    if not page.table_cautions:
        return ()
    lines = tuple((Cell(place), Cell(c.caution), sentence(c.hint)) for c in page.table_cautions for place in c.names)
    columns = ("table and place", "caution", "what it means")
    return (
        Section(
            "Tables to look at", (capped("What a person sees in a table and its cells do not say.", columns, lines),)
        ),
    )


def _caution(line: CautionLine, name: str) -> str:
    detail = line.details.get(name)
    return f"{line.caution}: {detail}" if detail else line.caution


def _cautions(page: IngestPage) -> tuple[Block, ...]:
    cautions = page.cautions
    if not cautions:
        return (Text("No report that was read is unusual."),)
    counts = tuple((Cell(c.caution), number(len(c.names)), sentence(c.hint)) for c in cautions)
    names = tuple((_file(page, name), Cell(_caution(c, name))) for c in cautions for name in c.names)
    return (
        capped("Reports that were read and not refused, by caution; the ledger keeps them.",
               ("caution", "count", "what it means"), counts),
        capped("Each of these reports with its caution.", ("file", "caution"), names),
    )  # fmt: skip


def _files(page: IngestPage) -> Block:
    if not page.files:
        return Text("No file is listed.")
    columns = ("file", "state", "rule", "value", "what to do")
    ordered = sorted(page.files, key=lambda f: (_URGENCY.get(f.state, len(_URGENCY)), f.name))
    return capped(
        "The files of this batch; those to act on come first.", columns, tuple(_line(page, f) for f in ordered)
    )


def _left_alone(page: IngestPage) -> Block:
    columns = ("file", "reason", "what to do")
    ordered = sorted(page.left_alone.items(), key=lambda item: (item[1] in _ORDINARY, item))
    rows = tuple((_file(page, name), Cell(reason), sentence(_ADVICE.get(reason, _LATER))) for name, reason in ordered)
    return capped("These files are in no state: neither read nor recorded.", columns, rows)


_ORDINARY = {"hidden", "temporary", "system-file"}
_LATER = "nothing: the next ingest tries again"
_ADVICE = {
    "outside-ecg-and-cmr": "move reports into ecg/ and label tables into cmr/",
    "hidden": "nothing, unless it is a report: then rename it",
    "temporary": "nothing, unless no program is writing it any more: then rename it",
    "system-file": "nothing",
    "link-leaves-inbox": "put the file itself into the inbox",
    "not-a-plain-file": "put a plain file into the inbox",
    "unreadable": "give the ingest the right to read it",
    "too-large": "send one ECG, or one table, per file",
    "unsafe-name": "rename it with letters, digits, dots, dashes and underscores",
}
_URGENCY = {"quarantined": 0, "unpaired": 1, "waiting": 2}
_TONES = {"quarantined": Tone.BAD, "unpaired": Tone.CAUTION, "accepted": Tone.GOOD}


def _line(page: IngestPage, file: FileLine) -> tuple[Cell, ...]:
    state = Cell(file.state, _TONES.get(file.state, Tone.PLAIN))
    return _file(page, file.name), state, Cell(file.rule), Cell(file.value), sentence(file.hint)


def _file(page: IngestPage, name: str) -> Cell:
    return Cell(name, target=inbox_file(page.inbox, name))

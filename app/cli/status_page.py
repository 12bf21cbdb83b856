"""What ``ecg status`` shows, as a document: first the home, then what somebody has to do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING

from ecgcore.counted import counted
from ecgcore.ledger.decide.state import State
from ecgcore.pages.document import Block, Callout, Cell, Command, Document, Link, Section, Table, Text, Tone, number
from tasks.prefect.flow_runs import FlowRun
from tasks.registry.versions import RegisteredVersion

if TYPE_CHECKING:
    from app.cli.status import Status

_ENTRIES = 10
_RUNS = 3


def status_document(status: Status) -> Document:
    """Return where everything stands, what somebody has to do first."""
    counts = status.counts
    studies = f"{counted(counts.studies, 'study')} (one ECG with its CMR row each)"
    return Document(
        title=f"Status of {status.home}",
        subtitle=f"{counted(counts.files.total, 'file')}, {counted(counts.rows.total, 'table row')}, {studies}",
        sections=tuple(section for section in _sections(status) if section.blocks),
    )


def _sections(status: Status) -> Iterable[Section]:
    yield Section("What to do", tuple(_to_do(status)) or (Text("No candidate waits for a reviewer."),))
    if not _is_empty(status):
        yield Section("Data", tuple(_data(status)))
        yield Section("Quarantine", tuple(_quarantine(status)))
    yield Section("Test sets", tuple(_test_sets(status)))
    yield Section("Champion", tuple(_champion(status)))
    yield Section("Runs", tuple(_runs(status)))


def _is_empty(status: Status) -> bool:
    return status.counts.files.total == 0 and "ingest" not in status.last


def _to_do(status: Status) -> Iterable[Block]:
    if _is_empty(status):
        yield Text("Nothing was ingested here yet.")
        yield Command("Take in an inbox", "ecg ingest DIR")
        yield Command("Or try the whole job on a synthetic hospital", "ecg demo")
    for each in status.candidates.waiting:
        yield from _waiting(status, each)
    if status.under_way:
        version = status.under_way.version
        text = (
            f"under way: version {version} is {status.under_way.state}; `ecg promote {version}` finishes it, "
            f"`ecg rollback --from {version}` abandons it"
        )
        yield Callout(text, Tone.CAUTION)
    elif status.champion and status.linked != status.champion.version:
        text = f"the link names {status.linked}; `ecg promote {status.champion.version}` repairs it"
        yield Callout(text, Tone.BAD)
    if status.candidates.problem:
        yield Callout(f"candidates are not known: {status.candidates.problem}", Tone.BAD)


def _waiting(status: Status, candidate: RegisteredVersion) -> Iterable[Block]:
    version = candidate.version
    what = f"version {version} ({candidate.tags.get('recipe', 'unknown recipe')}, {_day(candidate.created)})"
    yield Callout(f"WAITING for a reviewer: {what}", Tone.CAUTION)
    page = status.home / "pages" / f"decision-champion-{version}.html"
    if page.exists():
        yield Link("What it rests on", str(page))
    yield Command("Promote it, if you agree", f"ecg promote {quote(version)} --reviewer NAME --reason TEXT")


def _data(status: Status) -> Iterable[Block]:
    files, rows = status.counts.files, status.counts.rows
    lines = [
        (Cell(state.value), number(files.by_state[state]), number(rows.by_state[state]))
        for state in State
        if files.by_state[state] or rows.by_state[state]
    ]
    lines.append((Cell("total"), number(files.total), number(rows.total)))
    caption = "Files and rows of label tables, each once, by state."
    yield Table(caption, ("state", "files", "table rows"), tuple(lines), len(lines))
    yield Text(f"studies: {status.counts.studies:,} ({status.counts.disputed:,} disputed)")


def _quarantine(status: Status) -> Iterable[Block]:
    yield Text(f"open quarantine: {status.counts.open_entries:,}")
    if not status.entries:
        return
    lines = tuple(
        (Cell(_day(each.created)), Cell(each.path), Cell(str(each.row or ""), numeric=True), Cell(each.finding.rule))
        for each in status.entries[:_ENTRIES]
    )
    yield Table("By file and row.", ("since", "file", "row", "rule"), lines, len(status.entries))
    page = status.home / "pages" / "quarantine.html"
    if page.exists():
        yield Link("All of it, with what to do", str(page))


def _test_sets(status: Status) -> Iterable[Block]:
    if status.test_sets:
        lines = tuple(
            (
                Cell(each.name),
                number(each.studies),
                number(each.looks),
                number(each.lifetime_looks),
                Cell(_day(each.locked_at)),
            )
            for each in status.test_sets
        )
        caption = "Locked test sets; each look at one spends some of its worth."
        yield Table(caption, ("test set", "studies", "looks", "looks in all", "locked"), lines, len(lines))


def _champion(status: Status) -> Iterable[Block]:
    champion, given_up = status.champion, status.given_up
    if champion:
        yield Text(f"champion: {champion.version} since {_day(champion.updated)}, by {champion.reviewer}")
    else:
        yield Text("champion: none yet")
    if given_up:
        why = given_up.failure or "no reason given"
        yield Callout(f"given up: version {given_up.version} on {_day(given_up.updated)}: {why}", Tone.CAUTION)


def _runs(status: Status) -> Iterable[Block]:
    for name, event in status.last.items():
        yield Text(f"last {name.removesuffix('-start')}: {_minute(event.moment)}")
    last = status.runs.last
    shown = (*last[:_RUNS], *[run for run in last[_RUNS:] if run.failed][:_RUNS])
    lines = tuple(map(_run, (*shown, *_soonest(status.runs.next))))
    if lines:
        yield Table("Last and next runs.", ("when", "flow", "state"), lines, len(lines))
    if status.runs.problem:
        yield Callout(f"runs are not known: {status.runs.problem}", Tone.BAD)


def _run(run: FlowRun) -> tuple[Cell, ...]:
    state = Cell("FAILED", Tone.BAD) if run.failed else Cell(run.state.lower())
    return Cell(_minute(run.moment)), Cell(run.flow), state


def _soonest(runs: Iterable[FlowRun]) -> Iterable[FlowRun]:
    """Return the next run of each flow."""
    first: dict[str, FlowRun] = {}
    for run in runs:
        first.setdefault(run.flow, run)
    return first.values()


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

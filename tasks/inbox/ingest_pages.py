"""The pages and the artifacts of an ingest: what it did, and what is in quarantine."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from ecgcore.ledger.decide.state import State
from ecgcore.pages.html import render_html
from ecgcore.pages.ingest_page import CautionLine, FileLine, IngestPage, ingest_document
from ecgcore.pages.markdown import render_markdown
from ecgcore.pages.quarantine_page import QuarantineLine, QuarantinePage, quarantine_document
from ecgcore.pages.rule_table import RuleCount
from ecgcore.reports.page.reason import CAUTION_HINTS
from tasks.inbox.ingest_summary import IngestSummary
from tasks.prefect.artifacts import publish_page, publish_table


def write_pages(summary: IngestSummary, inbox: str, started: datetime) -> None:
    """Write the HTML pages of the ingest and of the quarantine."""
    document = ingest_document(page_of(summary, inbox, started))
    quarantine = quarantine_document(quarantine_of(summary, started))
    summary.page.parent.mkdir(parents=True, exist_ok=True)
    summary.page.write_text(render_html(document), encoding="utf-8")
    (summary.page.parent / "quarantine.html").write_text(render_html(quarantine), encoding="utf-8")


def publish(summary: IngestSummary, inbox: str, started: datetime) -> None:
    """Publish summary and quarantine as artifacts of Prefect's."""
    document = ingest_document(page_of(summary, inbox, started))
    publish_page("ingest-summary", render_markdown(document), "What came in and what became of it")
    entries = quarantine_of(summary, started).entries
    publish_table("ingest-quarantine", entries, "Files and rows in quarantine")


def page_of(summary: IngestSummary, inbox: str, started: datetime) -> IngestPage:
    """Return the page of one ingest."""
    rows = summary.batch.ledger.rows
    return IngestPage(
        batch_id=summary.batch.batch_id,
        started=_moment(started),
        inbox=inbox,
        files_seen=len(summary.files),
        counts_by_state=summary.by_state,
        rows_by_state={state.value: count for state, count in rows.by_state.items()},
        studies=summary.batch.new_studies,
        left_alone=summary.left_alone,
        rules=_rules(summary),
        alerts=summary.alerts,
        files=tuple(FileLine(f.path, f.state.value, f.rule, f.value, f.hint) for f in summary.files),
        cautions=tuple(CautionLine(c.value, CAUTION_HINTS[c], paths) for c, paths in summary.cautions.items()),
        to_correct=tuple(map(str, summary.to_correct)),
        not_read=summary.not_read,
    )


def _rules(summary: IngestSummary) -> tuple[RuleCount, ...]:
    """Count what is in quarantine of the inbox's files and of all rows, as the page's two tables of states do."""
    broken = [(file.rule, file.hint) for file in summary.files if file.state is State.QUARANTINED]
    broken += [(entry.finding.rule, entry.finding.hint) for entry in summary.entries if entry.is_row]
    hints = dict(broken)
    return tuple(RuleCount(rule, count, hints[rule]) for rule, count in Counter(rule for rule, _ in broken).items())


def quarantine_of(summary: IngestSummary, started: datetime) -> QuarantinePage:
    """Return the page of all that is in quarantine."""
    lines = tuple(
        QuarantineLine(
            entry.path,
            entry.row,
            entry.finding.rule,
            entry.finding.value,
            entry.finding.hint,
            f"{entry.created:%Y-%m-%d}",
        )
        for entry in sorted(summary.entries, key=lambda entry: (entry.path, entry.row or 0))
    )
    return QuarantinePage(_moment(started), lines, tuple(map(str, summary.to_correct)))


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"

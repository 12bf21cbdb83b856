"""The pages and the artifacts of an ingest: what it did, and what is in quarantine."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from ecgcore.cmr.table.caution import TABLE_CAUTION_HINTS
from ecgcore.ledger.decide.state import State
from ecgcore.pages.html import render_html
from ecgcore.pages.ingest_page import CautionLine, FileLine, IngestPage, ingest_document
from ecgcore.pages.markdown import render_markdown
from ecgcore.pages.parts.rule_table import RuleCount
from ecgcore.pages.quarantine_page import QuarantineLine, QuarantinePage, quarantine_document
from ecgcore.reports.page.reason import CAUTION_HINTS
from tasks.inbox.ingest_summary import IngestSummary
from tasks.prefect.artifacts import publish_page, publish_table

QUARANTINE_PAGE = "quarantine.html"


def write_pages(summary: IngestSummary, inbox: str, started: datetime) -> None:
    """Write the HTML pages of the ingest and of the quarantine."""
    document = ingest_document(page_of(summary, inbox, started))
    folder = summary.page.parent
    folder.mkdir(parents=True, exist_ok=True)
    summary.page.write_text(render_html(document, folder), encoding="utf-8")
    open_entries = render_html(quarantine_document(quarantine_of(summary, inbox, started)), folder)
    (folder / QUARANTINE_PAGE).write_text(open_entries, encoding="utf-8")


def publish(summary: IngestSummary, inbox: str, started: datetime) -> None:
    """Publish summary and quarantine as artifacts of Prefect's."""
    document = ingest_document(page_of(summary, inbox, started))
    publish_page("ingest-summary", render_markdown(document), "What came in and what became of it")
    entries = quarantine_of(summary, inbox, started).entries
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
        rules=rules_of(summary),
        alerts=summary.alerts,
        files=tuple(FileLine(f.path, f.state.value, f.rule, f.value, f.hint) for f in summary.files),
        cautions=tuple(
            CautionLine(c.value, CAUTION_HINTS[c], paths, summary.caution_details.get(c, {}))
            for c, paths in summary.cautions.items()
        ),
        to_correct=tuple(map(str, summary.to_correct)),
        not_read=summary.not_read,
        table_cautions=tuple(
            CautionLine(c.value, TABLE_CAUTION_HINTS[c], places) for c, places in summary.table_cautions.items()
        ),
        links=links_of(summary),
    )


def rules_of(summary: IngestSummary) -> tuple[RuleCount, ...]:
    """Count what is in quarantine of the inbox's files and of all rows, as the page's two tables of states do."""
    files = [(file.rule, file.hint) for file in summary.files if file.state is State.QUARANTINED]
    rows = [(entry.finding.rule, entry.finding.hint) for entry in summary.entries if entry.is_row]
    of_files, of_rows = (Counter(rule for rule, _ in broken) for broken in (files, rows))
    return tuple(RuleCount(rule, of_files[rule], of_rows[rule], hint) for rule, hint in dict(files + rows).items())


def links_of(summary: IngestSummary) -> tuple[tuple[str, str], ...]:
    """Return the pages beside that of an ingest: what each shows, and its path."""
    links = [("All that is in quarantine", str(summary.page.parent / QUARANTINE_PAGE))]
    if summary.data_docs:
        links.append(("What validation found in the label tables (Data Docs)", str(summary.data_docs)))
    return tuple(links)


def quarantine_of(summary: IngestSummary, inbox: str, started: datetime) -> QuarantinePage:
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
    return QuarantinePage(_moment(started), lines, tuple(map(str, summary.to_correct)), inbox)


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"

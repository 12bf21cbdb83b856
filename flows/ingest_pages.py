"""The page and the artifacts of an ingest."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from ecgcore.ledger.listing import FileStanding
from ecgcore.ledger.state import State
from ecgcore.pages.html import render_html
from ecgcore.pages.ingest_page import CautionLine, FileLine, IngestPage, ingest_document
from ecgcore.pages.markdown import render_markdown
from ecgcore.pages.rule_table import RuleCount
from ecgcore.reports.reason import CAUTION_HINTS
from flows.ingest_summary import IngestSummary
from tasks.artifacts import publish_page, publish_table


def publish(summary: IngestSummary, inbox: str, started: datetime) -> None:
    """Write the HTML page and publish summary and quarantine as artifacts."""
    document = ingest_document(_page(summary, inbox, started))
    summary.page.parent.mkdir(parents=True, exist_ok=True)
    summary.page.write_text(render_html(document), encoding="utf-8")
    publish_page("ingest-summary", render_markdown(document), "What came in and what became of it")
    quarantined = [file for file in summary.files if file.state is State.QUARANTINED]
    publish_table("ingest-quarantine", quarantined, "Quarantined files of the inbox")


def _page(summary: IngestSummary, inbox: str, started: datetime) -> IngestPage:
    rows = summary.batch.ledger.rows
    return IngestPage(
        batch_id=summary.batch.batch_id,
        started=f"{started:%Y-%m-%d %H:%M} UTC",
        inbox=inbox,
        files_seen=len(summary.files),
        counts_by_state=summary.by_state,
        rows_by_state={state.value: count for state, count in rows.by_state.items()},
        studies=summary.batch.new_studies,
        left_alone=summary.left_alone,
        rules=_rules(summary.files),
        alerts=summary.alerts,
        files=tuple(FileLine(f.path, f.state.value, f.rule, f.value, f.hint) for f in summary.files),
        cautions=tuple(CautionLine(c.value, CAUTION_HINTS[c], paths) for c, paths in summary.cautions.items()),
        quarantine_csv=str(summary.rows_csv) if summary.rows_csv else "",
        not_read=summary.not_read,
    )


def _rules(files: tuple[FileStanding, ...]) -> tuple[RuleCount, ...]:
    broken = [file for file in files if file.state is State.QUARANTINED]
    counts = Counter(file.rule for file in broken)
    hints = {file.rule: file.hint for file in broken}
    return tuple(RuleCount(rule, count, hints[rule]) for rule, count in counts.items())

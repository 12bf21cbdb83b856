"""The end of every ingest: record the batch, write what the steward corrects, and sum up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ecgcore.cmr.table.caution import TableCaution
from ecgcore.ledger.decide.split_policy import SplitPolicy
from ecgcore.ledger.ingest.counts import file_states
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, SourceFile
from ecgcore.ledger.ledger import Ledger
from ecgcore.reports.page.reason import Caution
from ecgcore.settings import Settings
from tasks.inbox.ingest_summary import IngestSummary
from tasks.inbox.listed import left_alone
from tasks.inbox.storage import Inbox
from tasks.validation.alerts import batch_alerts
from tasks.validation.steward_rows import write_steward_rows


def close_batch(
    settings: Settings,
    ledger: Ledger,
    splits: SplitPolicy,
    batch: IngestBatch,
    listing: Inbox,
    not_read: Mapping[str, str],
    data_docs: Path | None,
    table_cautions: Mapping[TableCaution, tuple[str, ...]] | None = None,
) -> IngestSummary:
    """Record a batch in one transaction and return where everything stands then.

    Args:
        settings: where things are.
        ledger: open.
        splits: what decides the splits of new studies.
        batch: every file of the inbox, and what was read of the new ones.
        listing: the inbox.
        not_read: what was not read of the new tables, by path.
        data_docs: the validator's report on the new rows, if there were any.
        table_cautions: what is unusual about the new tables, and where.
    """
    recorded = ledger.record_batch(batch, splits, settings.pair_days)
    with ledger.reading() as connection:
        files = file_states(connection, batch.files)
    entries = tuple(ledger.open_entries())
    return IngestSummary(
        batch=recorded,
        files=tuple(files),
        entries=entries,
        left_alone=left_alone(listing),
        alerts=batch_alerts(ledger, settings.catalogue),
        cautions=cautions_of(batch.files),
        caution_details=caution_details_of(batch.files),
        page=ingest_page_of(settings, batch.batch_id),
        to_correct=write_steward_rows(entries, settings.home / "quarantine", batch.batch_id),
        data_docs=data_docs,
        not_read=not_read,
        table_cautions=table_cautions or {},
    )


def ingest_page_of(settings: Settings, batch_id: str) -> Path:
    """Return where the page of an ingest is."""
    return settings.folder("pages") / f"ingest-{batch_id}.html"


def cautions_of(files: Sequence[SourceFile]) -> dict[Caution, tuple[str, ...]]:
    """Return the paths of the reports that were read with each caution, every content once."""
    first = {file.sha256: file for file in reversed(files) if file.page}
    read = [(file.path, file.page) for file in first.values() if file.page]
    paths = {caution: tuple(sorted(path for path, page in read if caution in page.cautions)) for caution in Caution}
    return {caution: listed for caution, listed in paths.items() if listed}


def caution_details_of(files: Sequence[SourceFile]) -> dict[Caution, dict[str, str]]:
    """Return what more is known of the cautions of the reports that were read, by path."""
    read = [(file.path, file.page.details) for file in files if file.page]
    found = {caution: {path: kept[caution] for path, kept in read if kept.get(caution)} for caution in Caution}
    return {caution: details for caution, details in found.items() if details}

"""Ingest: from the inbox to accepted studies. Running it twice changes nothing; killing it anywhere loses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
from prefect import flow

from ecgcore.cmr.rules import catalogue
from ecgcore.cmr.rules.finding import Finding
from ecgcore.cmr.rules.validation_report import ValidationReport
from ecgcore.ledger.decide.split_policy import load_split_policy
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.assembly import join_formats, row_faults
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile
from ecgcore.ledger.ingest.label_frame import source_rows
from ecgcore.ledger.ingest.sighting import best_places
from ecgcore.ledger.ledger import Ledger
from ecgcore.pages.progress_bar import progress_bar
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.settings import Settings, load_settings
from tasks.inbox.batch_id import new_batch_id
from tasks.inbox.closing import close_batch, ingest_page_of
from tasks.inbox.demo_guard import keep_out_of_the_demo
from tasks.inbox.ingest_pages import publish, write_pages
from tasks.inbox.ingest_summary import IngestSummary
from tasks.inbox.listed import Listed
from tasks.inbox.pseudonyms import bound_pseudonymiser
from tasks.inbox.reading import PagesRead, TablesRead, hash_files, list_files, read_pages, read_tables
from tasks.inbox.split_pages import pages_of, with_known_pages
from tasks.prefect.environment import open_ledger, prepare
from tasks.prefect.run_page import ended, named
from tasks.validation.validating import validate_rows


@flow(
    name="ingest",
    flow_run_name=named(lambda given: f"ingest {given.get('inbox') or load_settings().inbox_uri}"),
    description="Inbox -> validated, paired, split studies in the ledger.",
)
def ingest(inbox: str | None = None, again: bool = False) -> IngestSummary:
    """Ingest what is new.

    Args:
        inbox: folder or ``s3://bucket/prefix``; ``ECG_INBOX`` if not given.
        again: read refused reports again, too.

    Raises:
        SettingsError: ``ECG_HOME`` holds the demo, and this is another inbox.
        RecipeError: the split policy that ``ECG_SPLITS`` names is missing or wrong; nothing is read then.
        EcgError: the inbox cannot be listed or ``ECG_HOME`` cannot be written; nothing is recorded then.
    """
    settings = prepare()
    uri = inbox or settings.inbox_uri
    keep_out_of_the_demo(settings, uri)
    splits = load_split_policy(settings.split_policy)
    started = datetime.now(UTC)
    batch_id = new_batch_id(started)
    with open_ledger(settings) as ledger:
        pseudonymiser = bound_pseudonymiser(settings, ledger)
        listing = list_files(uri, settings.home / "staging", settings.s3_endpoint_url, settings.settle_seconds)
        listed = with_known_pages(ledger, hash_files(listing))
        to_read = _to_read(ledger, listed, again)
        tables = read_tables([each for each in to_read.values() if each.kind is not FileKind.ECG], pseudonymiser)
        read = _read(to_read.values(), settings, pseudonymiser)
        if settings.split_pdf:
            further = pages_of(listed, read.several)
            read = _split(read, _read(further, settings, pseudonymiser))
            listed = [*listed, *further]
        pages = read.pages
        report = _validate(tables, pages, listed, settings, batch_id)
        batch = _batch(batch_id, listed, tables, pages, report, pseudonymiser)
        batch = replace(batch, again=frozenset(to_read))
        docs = report.data_docs if report else None
        not_read, unusual = tables.not_read(listed), tables.cautions(listed)
        summary = close_batch(settings, ledger, splits, batch, listing, not_read, docs, unusual)
    write_pages(summary, uri, started)
    publish(summary, uri, started)
    return ended(summary, summary.to_text().splitlines()[0])


def _to_read(ledger: Ledger, listed: Sequence[Listed], again: bool) -> dict[str, Listed]:
    wanted = ledger.unread([each.source() for each in listed])
    if again:
        wanted |= ledger.refused([each.sha256 for each in listed if each.kind is FileKind.ECG])
    return {sha256: each for sha256, each in best_places(listed).items() if sha256 in wanted}


def _read(new: Iterable[Listed], settings: Settings, pseudonymiser: Pseudonymiser) -> PagesRead:
    reports = [each for each in new if each.kind is FileKind.ECG]
    if not reports:
        return PagesRead()
    with progress_bar("reading reports", len(reports)) as show:
        return read_pages(reports, settings.folder("images"), pseudonymiser, settings.workers, show)


def _split(whole: PagesRead, pages: PagesRead) -> PagesRead:
    """Add what the pages of PDFs with several reports say; each such PDF says that they stand for it."""
    split = {
        sha256: catalogue.SPLIT.found(fault.value)
        for sha256, fault in whole.pages.items()
        if sha256 in whole.several and isinstance(fault, Finding)
    }
    return PagesRead({**whole.pages, **split, **pages.pages})


def _validate(
    tables: TablesRead,
    pages: dict[str, PageFacts | Finding],
    listed: Sequence[Listed],
    settings: Settings,
    batch_id: str,
) -> ValidationReport | None:
    if not tables.tables:
        return None
    places = best_places(listed)
    placed = [table.rows.assign(table=places[sha256].file.relative) for sha256, table in tables.tables.items()]
    rows = pd.concat(placed, ignore_index=True)
    good = [(each.file.relative, page) for each in listed if isinstance(page := pages.get(each.sha256), PageFacts)]
    docs = settings.folder("data_docs")
    return validate_rows(join_formats(rows, good), batch_id, docs, ingest_page_of(settings, batch_id))


def _batch(
    batch_id: str,
    listed: Sequence[Listed],
    tables: TablesRead,
    pages: dict[str, PageFacts | Finding],
    report: ValidationReport | None,
    pseudonymiser: Pseudonymiser,
) -> IngestBatch:
    faults = row_faults(report.failures) if report else {}
    rejected = report.table_failures[0] if report and report.table_failures else None
    whole = Finding(rejected.rule, rejected.value, rejected.hint) if rejected else None
    rows = [
        row
        for sha256, table in tables.tables.items()
        if whole is None
        for row in source_rows(table.rows, sha256, pseudonymiser.study_id, faults)
    ]
    return IngestBatch(batch_id, [_source(each, tables, pages, whole) for each in listed], rows)


def _source(
    listed: Listed, tables: TablesRead, pages: dict[str, PageFacts | Finding], whole: Finding | None
) -> SourceFile:
    page = pages.get(listed.sha256)
    if isinstance(page, Finding):
        return listed.source(fault=page)
    fault = tables.faults.get(listed.sha256) or (whole if listed.sha256 in tables.tables else None)
    return listed.source(page=page, fault=fault)

"""Ingest: from the inbox to accepted studies. Running it twice changes nothing; killing it anywhere loses nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from prefect import flow

from ecgcore.cmr.rules.finding import Finding
from ecgcore.cmr.rules.validation_report import ValidationReport
from ecgcore.errors import SettingsError
from ecgcore.ledger.decide.split_policy import load_split_policy
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.assembly import join_formats, row_faults
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile
from ecgcore.ledger.ingest.label_frame import source_rows
from ecgcore.ledger.ingest.listing import standings
from ecgcore.ledger.ingest.place import best_places
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.pseudonym_key import check_key
from ecgcore.pages.progress_bar import progress_bar
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.reports.page.reason import Caution
from ecgcore.settings import Settings, load_settings
from tasks.inbox.ingest_pages import publish
from tasks.inbox.ingest_summary import OUTSIDE, IngestSummary
from tasks.inbox.reading import Listed, TablesRead, hash_files, list_files, read_pages, read_tables
from tasks.inbox.storage import Inbox
from tasks.prefect.environment import open_ledger, prepare
from tasks.prefect.run_page import ended, named
from tasks.validation.alerts import batch_alerts
from tasks.validation.steward_rows import write_steward_rows
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
        EcgError: the inbox cannot be listed or ``ECG_HOME`` cannot be written; nothing is recorded then.
    """
    settings = prepare()
    uri = inbox or settings.inbox_uri
    _keep_out_of_the_demo(settings, uri)
    started = datetime.now(UTC)
    batch_id = new_batch_id(started)
    pseudonymiser = settings.pseudonymiser()
    splits = load_split_policy(settings.split_policy)
    with open_ledger(settings) as ledger:
        check_key(ledger, pseudonymiser.fingerprint)
        listing = list_files(uri, settings.home / "staging", settings.s3_endpoint_url, settings.settle_seconds)
        listed = hash_files(listing)
        to_read = _to_read(ledger, listed, again)
        tables = read_tables([each for each in to_read.values() if each.kind is not FileKind.ECG], pseudonymiser)
        pages = _read(to_read.values(), settings, pseudonymiser)
        report = _validate(tables, pages, listed, settings, batch_id)
        batch = _batch(batch_id, listed, tables, pages, report, pseudonymiser)
        batch = replace(batch, again=frozenset(to_read))
        recorded = ledger.record_batch(batch, splits, settings.pair_days)
        with ledger.reading() as connection:
            files = standings(connection, batch.files)
        alerts = batch_alerts(ledger, settings.catalogue)
        entries = tuple(ledger.open_entries())
        to_correct = write_steward_rows(entries, settings.home / "quarantine", batch_id)
    page = settings.folder("pages") / f"ingest-{batch_id}.html"
    docs = report.data_docs if report else None
    summary = IngestSummary(
        batch=recorded,
        files=tuple(files),
        entries=entries,
        left_alone=_left_alone(listing),
        alerts=alerts,
        cautions=cautions_of(batch.files),
        page=page,
        to_correct=to_correct,
        data_docs=docs,
        not_read=tables.not_read(listed),
    )
    publish(summary, uri, started)
    return ended(summary, summary.to_text().splitlines()[0])


def _keep_out_of_the_demo(settings: Settings, uri: str) -> None:
    """Refuse to mix patients with the demo's invented ones, which its test sets and its champion are made of."""
    demo = settings.home / "inbox"
    if (demo / "demo.txt").exists() and (uri.startswith("s3://") or Path(uri).resolve() != demo.resolve()):
        rule = "holds the demo; real studies would share its test sets, its champion and its pseudonym key"
        raise SettingsError(settings.home, rule, "set ECG_HOME to another folder")


def new_batch_id(started: datetime) -> str:
    """Return a name that sorts by time and that no date parser accepts.

    Great Expectations reads a run's name as a date if it can: one bare number in nine then has an impossible time zone.
    """
    return f"batch-{started:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _to_read(ledger: Ledger, listed: Sequence[Listed], again: bool) -> dict[str, Listed]:
    wanted = ledger.unread([each.source() for each in listed])
    if again:
        wanted |= ledger.refused([each.sha256 for each in listed if each.kind is FileKind.ECG])
    return {sha256: each for sha256, each in best_places(listed).items() if sha256 in wanted}


def _read(new: Iterable[Listed], settings: Settings, pseudonymiser: Pseudonymiser) -> dict[str, PageFacts | Finding]:
    reports = [each for each in new if each.kind is FileKind.ECG]
    if not reports:
        return {}
    with progress_bar("reading reports", len(reports)) as show:
        return read_pages(reports, settings.folder("images"), pseudonymiser, settings.workers, show)


def _validate(
    tables: TablesRead,
    pages: dict[str, PageFacts | Finding],
    listed: Sequence[Listed],
    settings: Settings,
    batch_id: str,
) -> ValidationReport | None:
    if not tables.tables:
        return None
    rows = pd.concat([table.rows for table in tables.tables.values()], ignore_index=True)
    good = [(each.file.relative, page) for each in listed if isinstance(page := pages.get(each.sha256), PageFacts)]
    return validate_rows(join_formats(rows, good), batch_id, settings.folder("data_docs"))


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


def cautions_of(files: Sequence[SourceFile]) -> dict[Caution, tuple[str, ...]]:
    """Return the paths of the reports that were read with each caution, every content once."""
    first = {file.sha256: file for file in reversed(files) if file.page}
    read = [(file.path, file.page) for file in first.values() if file.page]
    paths = {caution: tuple(sorted(path for path, page in read if caution in page.cautions)) for caution in Caution}
    return {caution: listed for caution, listed in paths.items() if listed}


def _left_alone(inbox: Inbox) -> dict[str, str]:
    """Return the reason for each file that is in no state, by its path in the inbox."""
    strangers = [f.relative for f in inbox.other if f.relative.split("/")[0].lower() not in {"ecg", "cmr"}]
    return {file.relative: file.reason.value for file in inbox.skipped} | dict.fromkeys(strangers, OUTSIDE)

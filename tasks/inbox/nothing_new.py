"""The ingest of an inbox that brings nothing new. It happens every hour, and needs neither Prefect nor its server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.settings import Settings
from tasks.inbox.demo_guard import keep_out_of_the_demo
from tasks.inbox.storage import check_folder, list_inbox
from tasks.prefect.environment import named_server, open_ledger

if TYPE_CHECKING:
    from tasks.inbox.ingest_summary import IngestSummary


def check_inbox(settings: Settings, uri: str) -> None:
    """Check that a folder is there, and is not kept out by the demo, before what takes seconds to import.

    Raises:
        SettingsError: ``ECG_HOME`` holds the demo, and this is another inbox.
        InboxError: the folder is not there.
    """
    if not uri.startswith("s3://"):
        check_folder(Path(uri))
    keep_out_of_the_demo(settings, uri)


def ingest_nothing_new(settings: Settings, uri: str) -> IngestSummary | None:
    """Ingest an inbox whose every content the ledger knows, as the flow does; None where the flow is to do it.

    That is where something is new, and where the user named a Prefect server, which is to show every run.

    Raises:
        SettingsError: the key of the pseudonyms is lost.
        InboxError: the inbox cannot be listed.
        LedgerError: the key is not the ledger's.
    """
    if named_server():
        return None
    from ecgcore.ledger.decide.split_policy import load_split_policy
    from ecgcore.ledger.ingest.ingest_batch import IngestBatch  # with pandas: only where it is needed
    from tasks.inbox.batch_id import new_batch_id
    from tasks.inbox.closing import close_batch
    from tasks.inbox.ingest_pages import write_pages
    from tasks.inbox.listed import hashed
    from tasks.inbox.pseudonyms import bound_pseudonymiser
    from tasks.inbox.split_pages import with_known_pages

    splits = load_split_policy(settings.split_policy)
    started = datetime.now(UTC)
    with open_ledger(settings) as ledger:
        bound_pseudonymiser(settings, ledger)
        listing = list_inbox(
            uri,
            staging=settings.home / "staging",
            endpoint_url=settings.s3_endpoint_url,
            settle_seconds=settings.settle_seconds,
        )
        files = [each.source() for each in with_known_pages(ledger, hashed(listing))]
        if ledger.unread(files):
            return None
        batch = IngestBatch(new_batch_id(started), files, [])
        summary = close_batch(settings, ledger, splits, batch, listing, not_read={}, data_docs=None)
    write_pages(summary, uri, started)
    return summary

"""The work of an ingest without its orchestration: what ``ecg ingest`` is held against.

Run as ``python -m bench.plain_ingest INBOX HOME`` in a process of its own, so that both pay for their imports.
It serves an inbox without defects and is no way to ingest: it publishes nothing and quarantines nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from bench.made_reports import PSEUDONYMISER
from ecgcore.cmr.table.label_table import LabelTable, read_table
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.assembly import join_formats, page_of, row_faults
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile
from ecgcore.ledger.ingest.label_frame import source_rows
from ecgcore.ledger.ledger import Ledger
from ecgcore.predictor.fingerprint import file_sha256
from ecgcore.reports.batch.report_batch import read_reports
from tasks.inbox.storage import list_inbox
from tasks.validation import validate

_BATCH = "bench"


def plain_ingest(inbox: Path, home: Path) -> int:
    """List, hash, read, validate and record; return the number of new studies in a ledger under ``home``."""
    listing = list_inbox(str(inbox))
    hashes = {file.relative: file_sha256(file.path) for file in (*listing.ecg, *listing.cmr)}
    tables = [read_table(file.path, PSEUDONYMISER) for file in listing.cmr]
    results = read_reports([file.path for file in listing.ecg], home / "images", PSEUDONYMISER)
    pages = {file.relative: page_of(result) for file, result in zip(listing.ecg, results, strict=True)}
    good = {relative: page for relative, page in pages.items() if isinstance(page, PageFacts)}
    files = [
        *(SourceFile(f.relative, hashes[f.relative], f.size, FileKind.ECG, good[f.relative]) for f in listing.ecg),
        *(SourceFile(f.relative, hashes[f.relative], f.size, FileKind.TABLE) for f in listing.cmr),
    ]
    return _record(home, files, tables, list(good.items()))


def _record(home: Path, files: list[SourceFile], tables: list[LabelTable], pages: list[tuple[str, PageFacts]]) -> int:
    joined = join_formats(pd.concat([table.rows for table in tables], ignore_index=True), pages)
    faults = row_faults(validate(joined, batch_id=_BATCH, data_docs_dir=home / "data_docs").failures)
    rows = [row for table in tables for row in source_rows(table.rows, table.sha256, PSEUDONYMISER.study_id, faults)]
    with Ledger(f"sqlite:///{home / 'ledger.db'}") as ledger:
        return ledger.record_batch(IngestBatch(_BATCH, files, rows)).new_studies


if __name__ == "__main__":
    sys.stdout.write(f"{plain_ingest(Path(sys.argv[1]), Path(sys.argv[2]))}\n")

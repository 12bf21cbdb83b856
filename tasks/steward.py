"""The file that a data steward corrects."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ecgcore.cmr.quarantine_csv import write_rows_csv
from ecgcore.cmr.rule import Effect
from ecgcore.cmr.verdict import RowFailure
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.quarantine import OpenEntry


def write_steward_rows(ledger: Ledger, folder: Path, batch_id: str) -> Path | None:
    """Write ``<folder>/<batch_id>/rows.csv`` with the rows that this batch quarantined; None if there are none.

    An earlier batch with open rows whose file is missing gets it too: its ingest was killed before it could write it.
    """
    batches: dict[str, list[OpenEntry]] = {}
    for entry in ledger.open_entries():
        if entry.is_row:
            batches.setdefault(entry.batch_id, []).append(entry)
    for name, entries in batches.items():
        if name == batch_id or not _page(folder, name).exists():
            _write(_page(folder, name), entries)
    return _page(folder, batch_id) if batch_id in batches else None


def _page(folder: Path, batch_id: str) -> Path:
    return folder / batch_id / "rows.csv"


def _write(path: Path, entries: list[OpenEntry]) -> None:
    rows = pd.DataFrame({"row_id": [e.subject for e in entries], "raw": [e.raw or "{}" for e in entries]})
    write_rows_csv(path, rows, map(_failure, entries), {entry.subject: entry.entry_id for entry in entries})


def _failure(entry: OpenEntry) -> RowFailure:
    found = entry.finding
    return RowFailure(entry.subject, found.rule, "", found.value, found.hint, Effect.QUARANTINE)

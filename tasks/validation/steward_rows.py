"""The files that a data steward corrects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ecgcore.cmr.rules.finding import Effect
from ecgcore.cmr.rules.validation_report import RowFailure
from ecgcore.cmr.table.quarantine_csv import write_rows_csv
from ecgcore.ledger.ingest.quarantine import OpenEntry


def write_steward_rows(entries: Sequence[OpenEntry], folder: Path, batch_id: str) -> tuple[Path, ...]:
    """Write ``<folder>/<batch_id>/rows.csv`` with the rows that this batch quarantined, if there are any.

    An earlier batch with open rows whose file is missing gets it too: its ingest was killed before it could write it.

    Returns:
        The files of all batches that have open rows, this one's last.
    """
    batches: dict[str, list[OpenEntry]] = {}
    for entry in entries:
        if entry.is_row:
            batches.setdefault(entry.batch_id, []).append(entry)
    files = {name: folder / name / "rows.csv" for name in batches}
    for name, path in files.items():
        if name == batch_id or not path.exists():
            _write(path, batches[name])
    return tuple(files.values())


def _write(path: Path, entries: list[OpenEntry]) -> None:
    lines = [(e.subject, e.path, e.row, e.raw or "{}") for e in entries]
    rows = pd.DataFrame(lines, columns=["row_id", "table", "row", "raw"])
    write_rows_csv(path, rows, map(_failure, entries), {entry.subject: entry.entry_id for entry in entries})


def _failure(entry: OpenEntry) -> RowFailure:
    found = entry.finding
    return RowFailure(entry.subject, found.rule, "", found.value, found.hint, Effect.QUARANTINE)

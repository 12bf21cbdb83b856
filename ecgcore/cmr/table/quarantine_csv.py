"""The data steward's file: quarantined rows as a label table that can be corrected and dropped into the inbox."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from ecgcore import durable
from ecgcore.cmr.rules.check_frame import Cells, raw_cells
from ecgcore.cmr.rules.finding import Effect
from ecgcore.cmr.rules.validation_report import RowFailure
from ecgcore.cmr.sheet.columns import REQUIRED, STEWARD, written_labels
from ecgcore.cmr.sheet.injection import escape

_SEPARATOR = "; "
_ENCODING = "utf-8-sig"  # without the mark, spreadsheets garble Thai


def write_rows_csv(
    path: Path, rows: pd.DataFrame, failures: Iterable[RowFailure], entries: Mapping[str, str] | None = None
) -> int:
    """Write the rows that have a failure with the effect quarantine, in table order, and return their number.

    The columns `source_table` and `source_row` (where the row stands), `rule`, `value`, `hint` and `entry` come first,
    then the table's own in its order, ``pid:<pseudonym>`` for the hospital number. Whoever corrects the cells (a wrong
    `hn` is overwritten with the right number) drops the same file into the inbox's `cmr` folder:
    :func:`ecgcore.cmr.table.label_table.read_table` reads it. Cells that a spreadsheet would run as formulas are
    defused. The file appears at once and whole.

    Args:
        path: the file; its folder is made.
        rows: rows of label tables: `row_id`, `table` (the file), `row` (as a spreadsheet numbers it) and `raw`.
        failures: of any of these rows; several of one row are joined.
        entries: the quarantine entry of a row, by `row_id`.

    Raises:
        OSError: the file cannot be written.
    """
    by_row: dict[str, list[RowFailure]] = {}
    for failure in failures:
        if failure.effect is Effect.QUARANTINE:
            by_row.setdefault(failure.row_id, []).append(failure)
    kept = rows[rows["row_id"].isin(list(by_row))]
    cells = raw_cells(kept)
    columns = _columns(cells)
    lines = [
        (table, str(number), *_steward_cells(by_row[row_id], (entries or {}).get(row_id, "")),
         *(row.get(c, "") for c in columns))
        for table, number, row_id, row in zip(kept["table"], kept["row"], kept["row_id"], cells, strict=True)
    ]  # fmt: skip
    _write(path, [(*STEWARD, *columns), *lines])
    return len(lines)


def _steward_cells(failures: Sequence[RowFailure], entry: str) -> tuple[str, ...]:
    parts = ([f.rule for f in failures], [f.value for f in failures], [f.hint for f in failures])
    return *(_SEPARATOR.join(dict.fromkeys(texts)) for texts in parts), entry


def _columns(cells: Iterable[Cells]) -> tuple[str, ...]:
    """Return the columns of all tables in order of appearance; those that every label table needs are always there."""
    seen = dict.fromkeys(column for row in cells for column in row)
    return tuple(dict.fromkeys((*seen, *(c for c in (*REQUIRED, *written_labels()) if c not in seen))))


def _write(path: Path, lines: Iterable[Sequence[str]]) -> None:
    with durable.whole_file(path) as draft, draft.open("w", encoding=_ENCODING, newline="") as file:
        csv.writer(file).writerows([escape(cell) for cell in line] for line in lines)

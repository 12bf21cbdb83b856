"""Labels: what a table row says about each target, and where it says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from ecgcore.cmr.columns import table_name
from ecgcore.cmr.table import LabelTable
from ecgcore.errors import TableError

_COLUMNS = {"scar": "scar", "lvef": "lvef_percent"}  # target -> the frame's column that it comes from


class Comparison(StrEnum):
    """How an LVEF is compared with the threshold. The study's paper says ``<``, its released code ``<=``."""

    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class LabelRule:
    """When a target is positive: scar is 1; LVEF is below (or at most) a threshold.

    Args:
        threshold: LVEF, percent, above 0 and below 100.
        comparison: ``<`` or ``<=``.

    Raises:
        TableError: the threshold is out of range.
        ValueError: the comparison is neither of the two.
    """

    threshold: float = 50.0
    comparison: Comparison = Comparison.BELOW

    def __post_init__(self) -> None:
        object.__setattr__(self, "comparison", Comparison(self.comparison))
        if not 0 < self.threshold < 100:
            raise TableError(
                "label rule", f"has the LVEF threshold {self.threshold}", "give a percentage between 0 and 100"
            )

    def lvef(self, lvef_percent: pd.Series) -> pd.Series:
        """Return the LVEF target (Int8, 1 is reduced) of percentages; missing stays missing."""
        percent = lvef_percent.astype("Float64")
        reduced = percent < self.threshold if self.comparison is Comparison.BELOW else percent <= self.threshold
        return reduced.astype("Int8").rename("lvef")

    def reduced(self, percent: float | None) -> int | None:
        """Return 1 for a reduced LVEF, 0 for a preserved one, None where it was not measured."""
        if percent is None:
            return None
        return int(percent < self.threshold if self.comparison is Comparison.BELOW else percent <= self.threshold)

    def __str__(self) -> str:
        return f"lvef {self.comparison} {self.threshold:g}"

    def targets(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return `scar` and `lvef` (Int8, nullable) of the rows of a label table, with their index."""
        return pd.DataFrame(
            {"scar": rows["scar"].astype("Int8"), "lvef": self.lvef(rows["lvef_percent"])}, index=rows.index
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a label comes from: file name and hash, row as a spreadsheet shows it, column, and the cell's own text."""

    file: str
    sha256: str
    row: int
    column: str
    cell: str


@dataclass(frozen=True, slots=True)
class Label:
    """One target of one row: 0 or 1, with its evidence."""

    target: str
    value: int
    evidence: Evidence


def labels_of(table: LabelTable, rule: LabelRule) -> Mapping[str, tuple[Label, ...]]:
    """Return the labels of each row by its `row_id`; a missing label has no entry, and is not a negative one."""
    joined = table.rows[["row_id", "row", "raw"]].join(rule.targets(table.rows))
    return {str(row["row_id"]): _labels(table, row) for row in joined.to_dict("records")}


def _labels(table: LabelTable, row: Mapping[Any, Any]) -> tuple[Label, ...]:
    raw = json.loads(row["raw"])
    present = [target for target in _COLUMNS if not pd.isna(row[target])]
    return tuple(Label(t, int(row[t]), _evidence(table, int(row["row"]), raw, _COLUMNS[t])) for t in present)


def _evidence(table: LabelTable, row: int, raw: Mapping[str, str], frame_column: str) -> Evidence:
    column = table_name(frame_column)
    return Evidence(table.path.name, table.sha256, row, column, raw.get(column, ""))

"""The truth file: what every file and row is, and what ingest should make of it. It lies beside the inbox's folders."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.synth.entry import ACCEPTED, Entry, Outcome
from ecgcore.synth.table_file import FIRST_ROW, table_name

if TYPE_CHECKING:
    import pandas as pd

TRUTH_NAME = "truth.csv"
COUNTS_NAME = "truth_counts.json"


@dataclass(frozen=True)
class TruthRow:
    """One line of the truth file.

    Args:
        path: relative to the inbox.
        kind: ``ecg`` or ``table`` for a file, ``row`` for a row of a table.
        row: row number as a spreadsheet shows it, 0 for a file.
        study: index of the study, as ``S000012``; empty for a table.
        patient: index of the patient, -1 for a table.
        defect: name of the defect, or empty.
        expected_state, expected_rule: what ingest should decide.
        scar_severity, lvef_severity: true severities, standard normal (nan for a table).
        scar, lvef_percent: what the CMR found, before any defect of the table.
        territory: wall of the scar.
        format, split: of the study.
    """

    path: str
    kind: str
    row: int
    study: str
    patient: int
    defect: str
    expected_state: str
    expected_rule: str
    scar_severity: float
    lvef_severity: float
    scar: int
    lvef_percent: float
    territory: str
    format: str
    split: str


def study_key(entry: Entry) -> str:
    """The study's key in the truth file; it also names the signal: ``draw_study(seed, int(key[1:]))``."""
    return f"S{entry.study.index:06d}"


def _line(entry: Entry, path: str, kind: str, row: int, outcome: Outcome) -> TruthRow:
    study, disease = entry.study, entry.study.disease
    return TruthRow(
        path=path,
        kind=kind,
        row=row,
        study=study_key(entry),
        patient=study.patient,
        defect=entry.defect,
        expected_state=outcome.state.value,
        expected_rule=outcome.rule,
        scar_severity=round(disease.scar_severity, 6),
        lvef_severity=round(disease.lvef_severity, 6),
        scar=int(disease.scar),
        lvef_percent=disease.lvef_percent,
        territory=disease.territory.value,
        format=study.fmt.value,
        split=study.split,
    )


def _table_line(path: str) -> TruthRow:
    nan = float("nan")
    return TruthRow(path, "table", 0, "", -1, "", ACCEPTED.state.value, "", nan, nan, 0, nan, "", "", "")


def table_entries(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    """The entries that have a table row, by the year of their ECG, in order."""
    years: dict[int, list[Entry]] = {}
    for entry in entries:
        if entry.has_row:
            years.setdefault(entry.study.day.year, []).append(entry)
    return dict(sorted(years.items()))


def truth_rows(entries: Sequence[Entry]) -> list[TruthRow]:
    """Every ECG file, every table and every table row with its expected state."""
    lines = [_line(entry, path, "ecg", 0, outcome) for entry in entries for path, outcome in entry.files]
    for year, members in table_entries(entries).items():
        path = f"cmr/{table_name(year)}"
        lines.append(_table_line(path))
        lines += [_line(e, path, "row", FIRST_ROW + i, e.row_outcome) for i, e in enumerate(members)]
    return lines


@dataclass(frozen=True)
class Counts:
    """How many files (ECGs and tables) and table rows should end in which state, and by which rule."""

    files: dict[str, int]
    rows: dict[str, int]
    files_by_rule: dict[str, int]
    rows_by_rule: dict[str, int]


def _tally(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value).items()))


def count_truth(lines: Sequence[TruthRow]) -> Counts:
    """Count expected states and rules, files and table rows apart."""
    files = [line for line in lines if line.kind != "row"]
    rows = [line for line in lines if line.kind == "row"]
    return Counts(
        files=_tally(line.expected_state for line in files),
        rows=_tally(line.expected_state for line in rows),
        files_by_rule=_tally(line.expected_rule for line in files),
        rows_by_rule=_tally(line.expected_rule for line in rows),
    )


def write_truth(out: Path, lines: Sequence[TruthRow]) -> Counts:
    """Write ``truth.csv`` and ``truth_counts.json`` and return the counts."""
    with (out / TRUTH_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in fields(TruthRow)])
        writer.writerows(tuple(asdict(line).values()) for line in lines)
    counts = count_truth(lines)
    (out / COUNTS_NAME).write_text(json.dumps(asdict(counts), indent=2) + "\n", encoding="utf-8")
    return counts


def read_truth(out: Path) -> pd.DataFrame:
    """Read ``truth.csv`` of a hospital, one row per line; empty texts stay empty."""
    import pandas as pd

    texts = ("study", "defect", "expected_rule", "territory", "format", "split")
    frame = pd.read_csv(out / TRUTH_NAME, dtype=dict.fromkeys(texts, str))
    return frame.fillna(dict.fromkeys(texts, ""))

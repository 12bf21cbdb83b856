"""Cardiologists' reads of the ECGs: a CSV, parsed strictly."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ecgcore.counted import counted
from ecgcore.errors import EvaluationError

TARGETS = ("scar", "lvef")
_KEYS = ("reader", "study_id")
_EXPERIENCE = "experience"
_ANSWERS = {"0": 0, "1": 1, "": pd.NA}


def load_reads(path: Path, targets: Sequence[str] = TARGETS) -> pd.DataFrame:
    """Read a CSV of reads, one line per reader and study.

    Columns, in any order: ``reader`` (a pseudonym), ``study_id``, one per target with 1 (present: scar, reduced
    LVEF), 0 (absent) or nothing (the reader did not answer), and optionally ``experience`` (the same in all lines of
    a reader, for example "experienced" or "in training"). UTF-8, comma.

    Returns:
        Frame with ``reader``, ``experience`` (empty where not given), ``study_id`` and one nullable Int8 column per
        target, in the order of the file.

    Raises:
        EvaluationError: the file cannot be read, a column is missing, unknown or doubled, a line has too many or too
            few cells, a key is empty, an answer is something else, a reader reads a study twice or has two
            experiences, or there is no line. The message names the line.
    """
    thing = f"reads {path.name}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise EvaluationError(thing, f"cannot be read: {e}", "save it as CSV in UTF-8") from e
    if len(lines) < 2:
        raise EvaluationError(thing, "hold no read", f"write a header {_header(targets)} and one line per read")
    header = _checked_header(thing, [cell.strip() for cell in lines[0]], targets)
    rows = [_row(thing, number, header, line, targets) for number, line in enumerate(lines[1:], start=2)]
    frame = pd.DataFrame(rows, columns=["reader", _EXPERIENCE, "study_id", *targets])
    _check_readers(thing, frame)
    return frame.astype(dict.fromkeys(targets, "Int8"))


def _header(targets: Sequence[str]) -> str:
    return ",".join([*_KEYS, *targets, f"[{_EXPERIENCE}]"])


def _checked_header(thing: str, header: list[str], targets: Sequence[str]) -> list[str]:
    needed, found = {*_KEYS, *targets}, set(header)
    wrong = sorted((needed - found) | (found - needed - {_EXPERIENCE}))
    if wrong or len(found) != len(header):
        raise EvaluationError(thing, f"have the columns {header}", f"use {_header(targets)}, each once")
    return header


def _row(thing: str, number: int, header: list[str], cells: list[str], targets: Sequence[str]) -> list[object]:
    if len(cells) != len(header):
        raise EvaluationError(
            thing, f"line {number} has {counted(len(cells), 'cell')}, not {len(header)}", "mend that line"
        )
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    for key in (*_KEYS, *((_EXPERIENCE,) if _EXPERIENCE in row else ())):
        if not row[key]:
            raise EvaluationError(thing, f"line {number} has no {key}", "fill it in")
    answers = [_answer(thing, number, row, target) for target in targets]
    return [row["reader"], row.get(_EXPERIENCE, ""), row["study_id"], *answers]


def _answer(thing: str, number: int, row: Mapping[str, str], target: str) -> object:
    cell = row[target]
    if cell not in _ANSWERS:
        raise EvaluationError(thing, f"line {number} has {target} {cell!r}", "write 1, 0, or nothing if not answered")
    return _ANSWERS[cell]


def _check_readers(thing: str, frame: pd.DataFrame) -> None:
    twice = frame[frame.duplicated(list(_KEYS))]
    if not twice.empty:
        first = twice.iloc[0]
        rule = f"line {int(twice.index[0]) + 2}: reader {first['reader']!r} reads study {first['study_id']} again"
        raise EvaluationError(thing, rule, "keep one read per reader and study")
    mixed = frame.groupby("reader")[_EXPERIENCE].nunique()
    if (mixed > 1).any():
        raise EvaluationError(thing, f"give reader {mixed.idxmax()!r} two experiences", "write the same in all lines")

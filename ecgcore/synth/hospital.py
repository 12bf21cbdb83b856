"""Makes a synthetic hospital: an inbox with ECG reports and CMR tables, and the truth about it beside.

out/ecg/<YYYY>/<MM>/<file_name>.pdf    out/cmr/labels_<YYYY>.xlsx|csv    out/truth.csv    out/truth_counts.json
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from ecgcore.errors import SettingsError
from ecgcore.synth.defects import with_defects
from ecgcore.synth.entry import Entry, entry_of
from ecgcore.synth.page_file import write_entry
from ecgcore.synth.patient import draw_study, resplit
from ecgcore.synth.table_file import write_table
from ecgcore.synth.truth import Counts, table_entries, truth_rows, write_truth

_CHUNK = 16
_WORTH_A_POOL = 64  # below this, starting workers takes longer than drawing


@dataclass(frozen=True)
class Hospital:
    """What was made.

    Args:
        out: the inbox.
        seed: with ``truth.csv``'s study keys it regenerates any study.
        studies: studies asked for; defects may add some.
        ecg_files, tables, rows: how many were written.
        counts: states and rules that ingest should reach.
    """

    out: Path
    seed: int
    studies: int
    ecg_files: int
    tables: int
    rows: int
    counts: Counts


def plan_entries(studies: int, seed: int, defects: bool = False, valid_share: float | None = None) -> list[Entry]:
    """The entries of a hospital, in order, before anything is written."""
    drawn = (draw_study(seed, index) for index in range(studies))
    if valid_share is not None:
        drawn = (resplit(study, seed, valid_share) for study in drawn)
    sound = [entry_of(study, index + 1) for index, study in enumerate(drawn)]
    return with_defects(sound, seed) if defects else sound


def _check(out: Path, studies: int, seed: int, valid_share: float | None) -> None:
    if studies < 1 or seed < 0:
        rule = f"needs at least one study and a seed of 0 or more, got {studies} and {seed}"
        raise SettingsError("synthetic hospital", rule, "pass for example 300 studies and seed 1")
    if valid_share is not None and not 0 <= valid_share <= 1:
        raise SettingsError("synthetic hospital", f"cannot have a valid share of {valid_share}", "pass 0 to 1")
    if any((out / folder).exists() for folder in ("ecg", "cmr", "truth.csv")):
        rule = "must not hold another hospital: it has ecg, cmr or truth.csv already"
        raise SettingsError(out, rule, "choose a new folder or remove the old one")


def _make_folder(out: Path) -> None:
    try:
        (out / "cmr").mkdir(parents=True)
        (out / "ecg").mkdir()
    except OSError as error:
        raise SettingsError(
            out, f"must be a folder that can be written ({error.strerror})", "choose another"
        ) from error


def _written(entries: Sequence[Entry], seed: int, out: Path, workers: int) -> Iterator[int]:
    write = partial(write_entry, seed=seed, out=out)
    if workers == 1 or len(entries) < _WORTH_A_POOL:
        yield from map(write, entries)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(write, entries, chunksize=_CHUNK)


def make_hospital(
    out: Path,
    studies: int,
    seed: int,
    defects: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    valid_share: float | None = None,
) -> Hospital:
    """Write a synthetic hospital; the same arguments always give the same bytes.

    Args:
        out: a folder that holds no ``ecg`` or ``cmr`` yet; made if missing.
        studies: how many, at least 1.
        seed: 0 or more.
        defects: spoil some studies, as ``defects.DEFECTS`` lists (all kinds from 100 studies on).
        workers: processes that draw; by default all cores this process may use.
        progress: called with (done, total) after each study.
        valid_share: share of the patients of no test year whose studies the tables declare for validation, 0 to 1; by
            default the study's split, in which some 13 % of them validate.

    Raises:
        SettingsError: ``out`` holds a hospital or cannot be written, or ``studies`` or ``seed`` is out of range.
    """
    out = Path(out)
    _check(out, studies, seed, valid_share)
    _make_folder(out)
    entries = plan_entries(studies, seed, defects, valid_share)
    ecg_files = 0
    for done, files in enumerate(_written(entries, seed, out, workers or len(os.sched_getaffinity(0))), start=1):
        ecg_files += files
        if progress is not None:
            progress(done, len(entries))
    years = table_entries(entries)
    for year, members in years.items():
        write_table(out / "cmr", year, members)
    counts = write_truth(out, truth_rows(entries))
    return Hospital(out, seed, studies, ecg_files, len(years), sum(map(len, years.values())), counts)

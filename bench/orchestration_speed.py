"""What orchestration adds to the work of an ingest: its server, its records, its pages."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from statistics import median

from bench.bench_part import Part
from bench.demo_run import demo_seconds
from bench.effort import Effort
from bench.line import Line, Sense, Target
from bench.made_reports import MadeReports
from bench.stopwatch import seconds_of, seconds_of_pair
from ecgcore.errors import SettingsError

_TARGET = Target(Sense.AT_MOST, 5)
_PARTS_OF_SHELL = ("ECG_", "PREFECT_", "MLFLOW_")  # a measurement must not reach anyone's ledger or server
_homes = count()


def measure_orchestration(made: MadeReports, effort: Effort, home: Path) -> list[Line]:
    """Measure ``ecg ingest`` and the same work without orchestration, each in fresh processes with a fresh home.

    Prefect's database is made by a first run and kept: later ingests of a home find one.

    Args:
        made: the reports.
        effort: how often.
        home: ``ECG_HOME``, read for what a demo run took.

    Raises:
        SettingsError: one of the two fails.
    """
    empty = made.folder / "empty"
    empty.mkdir()
    first = seconds_of(lambda: _ecg(made, empty))
    fixed = median(seconds_of(lambda: _ecg(made, empty)) for _ in range(effort.repeats))
    pairs = [
        seconds_of_pair(lambda: _ecg(made, made.inbox), lambda: _plain(made), turn) for turn in range(effort.repeats)
    ]
    wall, work = (median(pair[i] for pair in pairs) for i in (0, 1))
    overhead = median(a - b for a, b in pairs)
    title = f"ecg ingest of {len(made.reports)} reports"
    note = "both in a fresh process with an empty ledger; the first starts Prefect's own server"
    set_up = "Prefect makes its database, once per home"
    return [
        Line(Part.ORCHESTRATION, title, wall, "s", work, "work alone", wall / work, note=note),
        Line(Part.ORCHESTRATION, "ecg ingest of an empty inbox", fixed, "s", note="the fixed cost of a run"),
        Line(Part.ORCHESTRATION, "... the first in a home", first, "s", note=set_up),
        Line(Part.ORCHESTRATION, "orchestration's own time", overhead, "s"),
        *_share(overhead, first - fixed, home),
    ]


def _share(overhead: float, set_up: float, home: Path) -> list[Line]:
    demo = demo_seconds(home)
    if demo is None:
        note = "no training demo run is recorded under ECG_HOME, so its share is not known: run make demo first"
        return [Line(Part.ORCHESTRATION, "share of a demo run", None, "%", note=note)]
    note = f"of the {demo:.0f} s of the ingest and the retraining that Prefect recorded; the ingest's overhead only"
    both = 100 * (overhead + set_up) / demo
    return [
        Line(Part.ORCHESTRATION, "share of a demo run", 100 * overhead / demo, "%", target=_TARGET, note=note),
        Line(Part.ORCHESTRATION, "share of a first demo run", both, "%"),
    ]


def _ecg(made: MadeReports, inbox: Path) -> None:
    prefect = made.folder / "prefect"
    prefect.mkdir(exist_ok=True)
    _run(["-m", "app.cli.main", "ingest", str(inbox), "--json"], _fresh_home(made), {"PREFECT_HOME": str(prefect)})


def _plain(made: MadeReports) -> None:
    home = _fresh_home(made)
    _run(["-m", "bench.plain_ingest", str(made.inbox), str(home)], home, {})


def _fresh_home(made: MadeReports) -> Path:
    home = made.folder / "homes" / str(next(_homes))
    home.mkdir(parents=True)
    return home


def _run(arguments: list[str], home: Path, more: dict[str, str]) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_PARTS_OF_SHELL)}
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**inherited, **more, "ECG_HOME": str(home)},
        cwd=home,  # where no .env lies that names a ledger
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise SettingsError(" ".join(arguments[:2]), f"ended with {done.returncode}: {last[0]}", "run it by hand")

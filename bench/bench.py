"""All parts, one after the other, on one synthetic hospital in a folder that goes away."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.bench_part import Part
from bench.bench_report import BenchReport
from bench.effort import FULL, Effort
from bench.line import Line
from bench.machine import this_machine
from bench.made_reports import MadeReports, draw_reports
from ecgcore.errors import SettingsError
from ecgcore.pages.progress_bar import progress_bar
from ecgcore.settings import Settings, load_settings


def bench(studies: int, only: str | None = None, effort: Effort = FULL) -> BenchReport:
    """Measure this machine. Nothing under ``ECG_HOME`` is changed but a scratch folder that is removed again.

    Args:
        studies: reports to draw, at least 8.
        only: one part by name; all by default.
        effort: how much of everything else.

    Raises:
        SettingsError: no such part, or no room for scratch files.
        PopplerError: Poppler is not installed.
    """
    parts = _parts(only)
    started, machine, settings = time.perf_counter(), this_machine(), load_settings()
    lines: list[Line] = []
    with TemporaryDirectory(prefix=".bench-", dir=settings.folder("")) as scratch:
        made = draw_reports(Path(scratch), studies)
        with progress_bar("measuring", len(parts)) as show:
            for done, part in enumerate(parts, start=1):
                lines += _measure(part, made, effort, settings)()
                show(done)
    return BenchReport(machine, tuple(lines), time.perf_counter() - started)


def _parts(only: str | None) -> list[Part]:
    if only is None:
        return list(Part)
    try:
        return [Part(only)]
    except ValueError as error:
        raise SettingsError(
            f"--only {only}", "is no part of the benchmark", f"use one of {', '.join(part.value for part in Part)}"
        ) from error


def _measure(part: Part, made: MadeReports, effort: Effort, settings: Settings) -> Callable[[], list[Line]]:
    from bench.cache_speed import measure_cache
    from bench.orchestration_speed import measure_orchestration
    from bench.prediction_speed import measure_prediction
    from bench.reading_speed import measure_reading
    from bench.training_speed import measure_training

    recipes = settings.deployments / "recipes"
    return {
        Part.READING: lambda: measure_reading(made, effort),
        Part.CACHE: lambda: measure_cache(made, effort),
        Part.TRAINING: lambda: measure_training(made, effort, recipes),
        Part.PREDICTION: lambda: measure_prediction(made, effort, recipes),
        Part.ORCHESTRATION: lambda: measure_orchestration(made, effort, settings.home),
    }[part]

"""Reports per second, by format, beside bare Poppler; and what the other cores add."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from bench.bare import BarePoppler, bare_poppler
from bench.bench_part import Part
from bench.effort import Effort
from bench.line import Line, Sense, Target
from bench.made_reports import PSEUDONYMISER, MadeReports
from bench.stopwatch import one_core, seconds_of, seconds_of_pair
from ecgcore.data.cache_writer import decode
from ecgcore.reports.batch.report_batch import read_reports, usable_cores
from ecgcore.reports.batch.report_file import ReportFile
from ecgcore.reports.batch.result import ReadResult
from ecgcore.reports.batch.worker import Setup, read_one
from ecgcore.reports.page.limits import DEFAULT_LIMITS
from ecgcore.reports.signals.trace import signals_from_image

_AGAINST_BARE = Target(Sense.AT_MOST, 1.25, of_ratio=True)
_AGAINST_ONE_CORE = Target(Sense.AT_LEAST, 1.7)
_PHASES = ("rendering", "cleaning", "storing")
_stores = count()


def measure_reading(made: MadeReports, effort: Effort) -> list[Line]:
    """Measure each format on one core, then all reports on one core and on all."""
    lines = []
    for name, pdfs in made.by_format().items():
        with one_core(), bare_poppler() as bare:
            lines += _format_lines(name, *_alternate(made, pdfs, bare, effort.repeats))
    return [*lines, _signal_line(made, effort.repeats), *_scaling(made, effort.repeats)]


def _alternate(
    made: MadeReports, pdfs: Sequence[Path], bare: BarePoppler, repeats: int
) -> tuple[list[float], list[float], list[ReadResult]]:
    """Return seconds of reading, seconds of bare rendering, and results; the first file once before, unmeasured."""
    ours, theirs, results = [], [], []
    turn = count()
    read_one(ReportFile(pdfs[0]), _setup(made))
    for _ in range(repeats):
        setup = _setup(made)
        for pdf in pdfs:
            read, rendered = seconds_of_pair(
                lambda pdf=pdf, setup=setup: results.append(read_one(ReportFile(pdf), setup)),  # type: ignore[misc]
                lambda pdf=pdf: bare(pdf),  # type: ignore[misc]
                next(turn),
            )
            bare.forget(pdf)
            ours.append(read)
            theirs.append(rendered)
    return ours, theirs, results


def _setup(made: MadeReports) -> Setup:
    """Return an empty image store, because an image that is there already is not stored again."""
    return Setup(made.folder / "stores" / str(next(_stores)), PSEUDONYMISER, DEFAULT_LIMITS)


def _format_lines(name: str, ours: list[float], theirs: list[float], results: list[ReadResult]) -> list[Line]:
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    rates = 1 / median(ours), 1 / median(theirs)
    note = "ratio is its time by bare pdftoppm's, median over files read by turns"
    phase_ms = {p: 1000 * median(getattr(r.timings, p) for r in results) for p in _PHASES}
    title = f"{name} format, one core"
    main = Line(Part.READING, title, rates[0], "PDF/s", rates[1], "bare pdftoppm", ratio, _AGAINST_BARE, note)
    phases = [Line(Part.READING, f"{name} format, {phase}", ms, "ms/PDF") for phase, ms in phase_ms.items()]
    return [main, *phases]


def _signal_line(made: MadeReports, repeats: int) -> Line:
    images = [decode(image) for image in made.images]
    with one_core():
        signals_from_image(images[0])  # warm-up
        seconds = [seconds_of(partial(signals_from_image, image)) for _ in range(repeats) for image in images]
    note = "twelve leads from the pixels of a canonical image in memory"
    return Line(Part.READING, "signals, one core", 1 / median(seconds), "images/s", note=note)


def _scaling(made: MadeReports, repeats: int) -> list[Line]:
    cores = usable_cores()
    one = _worker_line(made, 1, repeats)
    if cores == 1:
        return [one]
    every, again = _worker_line(made, cores, repeats), _worker_line(made, 1, repeats)
    return [_average(one, again), every, _gain_line(_average(one, again), every, cores)]


def _worker_line(made: MadeReports, workers: int, repeats: int) -> Line:
    ours = median(_steady_rate(made, workers) for _ in range(repeats))
    bare = median(_bare_rate(made, workers) for _ in range(repeats))
    name = f"read_reports, {workers} worker{'s' if workers > 1 else ''}"
    return Line(Part.READING, name, ours, "PDF/s", bare, "bare pdftoppm", bare / ours)


def _average(before: Line, after: Line) -> Line:
    """Return the mean of the measurements before and after the other one, which cancels a steady drift."""
    ours, bare = (_number(before.value) + _number(after.value)) / 2, (_number(before.limit) + _number(after.limit)) / 2
    return replace(before, value=ours, limit=bare, ratio=bare / ours)


def _number(value: float | None) -> float:
    assert value is not None, "a rate of reports that were read"
    return value


def _gain_line(one: Line, every: Line, cores: int) -> Line:
    gain, possible = _number(every.value) / _number(one.value), _number(every.limit) / _number(one.limit)
    target = _AGAINST_ONE_CORE if cores == 2 else None
    note = "rates once the workers run; starting them costs about a second per batch"
    name = f"{cores} cores by one core"
    return Line(Part.READING, name, gain, "times", possible, "bare pdftoppm", gain / possible, target, note)


def _steady_rate(made: MadeReports, workers: int) -> float:
    """Return files per second between the first finished file of the last worker to start and the last file."""
    finished: list[float] = []
    progress: Callable[[int], None] = lambda _: finished.append(time.perf_counter())  # noqa: E731
    store = _setup(made).image_dir
    total = sum(1 for _ in read_reports(made.reports, store, PSEUDONYMISER, workers=workers, progress=progress))
    return (total - workers) / (finished[-1] - finished[workers - 1])


def _bare_rate(made: MadeReports, workers: int) -> float:
    with bare_poppler() as bare, ThreadPoolExecutor(workers) as pool:

        def render(pdf: Path) -> None:
            bare(pdf)
            bare.forget(pdf)

        return len(made.reports) / seconds_of(lambda: list(pool.map(render, made.reports)))

"""Every figure of a benchmark, by section of its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from matplotlib.figure import Figure

from ecgcore.evaluation.benchmark.benchmark_tables import Benchmark
from ecgcore.evaluation.benchmark.contender import Contender
from ecgcore.evaluation.figures.curves import Curve, reliability_figure
from ecgcore.evaluation.figures.decision_curve import decision_figure
from ecgcore.evaluation.figures.histogram import histogram_figure
from ecgcore.evaluation.figures.roc_panels import roc_panels
from ecgcore.evaluation.figures.slice_forest import slices_figure
from ecgcore.evaluation.figures.style import LINES, png
from ecgcore.evaluation.figures.threshold import predictive_figure, threshold_figure
from ecgcore.evaluation.frame.predictions import labelled, labels_and_probabilities, rows_of
from ecgcore.evaluation.frame.sample import sample_of


@dataclass(frozen=True)
class Drawing:
    """A figure as PNG with the sentence that says what it shows."""

    png: bytes = field(repr=False)
    description: str


def figures(benchmark: Benchmark, tables: Mapping[str, pd.DataFrame]) -> dict[str, tuple[Drawing, ...]]:
    """Return the figures by section: ``roc``, ``thresholds``, ``prevalence``, ``slices``, ``calibration``,
    ``decision``, ``histograms``.

    Args:
        benchmark: what was measured.
        tables: its tables.
    """
    return {
        "roc": tuple(_rocs(benchmark)),
        "thresholds": tuple(_per_place(benchmark, tables["thresholds"], "thresholds", threshold_figure)),
        "prevalence": tuple(_per_place(benchmark, tables["predictive_values"], "predictive values", predictive_figure)),
        "slices": tuple(_per_place(benchmark, tables["slices"], "parts", slices_figure)),
        "calibration": tuple(_calibrations(benchmark)),
        "decision": tuple(_decisions(benchmark, tables["decision_curve"])),
        "histograms": (_histograms(benchmark),) if benchmark.places else (),
    }


def _drawing(figure: Figure, description: str) -> Drawing:
    return Drawing(png(figure), description)


def _rocs(benchmark: Benchmark) -> Iterator[Drawing]:
    """One figure per group of recipes: images, signals; the reference is in each, so that eyes have a yardstick."""
    for what, group in _groups(benchmark):
        frames = {each.name: each.predictions for each in group}
        yield _drawing(roc_panels(frames, benchmark.places, benchmark.readers, benchmark.level), f"ROC curves: {what}")


def _groups(benchmark: Benchmark) -> Iterator[tuple[str, Sequence[Contender]]]:
    others = [each for each in benchmark.contenders if each.name != benchmark.reference]
    signals = [each for each in others if each.reads_signals]
    images = [each for each in others if not each.reads_signals]
    room = len(LINES) - 1
    for what, group in (("images and clinical features", images), ("signals extracted from the images", signals)):
        for first in range(0, len(group), room):
            yield what, [benchmark.chosen, *group[first : first + room]]
    if not others:
        yield "the reference", [benchmark.chosen]


def _per_place(
    benchmark: Benchmark, table: pd.DataFrame, what: str, draw: Callable[[str, pd.DataFrame], Figure]
) -> Iterator[Drawing]:
    for target, test_set in benchmark.places:
        part = table[(table["target"] == target) & (table["test_set"] == test_set)]
        if what == "parts" and part["auc"].notna().sum() == 0:
            continue
        title = f"{target}, {test_set} test set"
        yield _drawing(draw(title, part), f"{benchmark.reference}: {what}, {title}")


def _calibrations(benchmark: Benchmark) -> Iterator[Drawing]:
    for target, test_set in benchmark.places:
        rows = labelled(rows_of(benchmark.chosen.predictions, target, test_set), target)
        title = f"{target}, {test_set} test set"
        curve = Curve(benchmark.reference, *labels_and_probabilities(rows, target))
        yield _drawing(reliability_figure(title, curve, benchmark.level), f"Reliability: {title}")


def _decisions(benchmark: Benchmark, table: pd.DataFrame) -> Iterator[Drawing]:
    for target, test_set in benchmark.places:
        part = table[(table["target"] == target) & (table["test_set"] == test_set)]
        title = f"{target}, {test_set} test set"
        yield _drawing(decision_figure(title, {benchmark.reference: part}), f"Net benefit: {title}")


def _histograms(benchmark: Benchmark) -> Drawing:
    frame = benchmark.chosen.predictions
    panels = {f"{place[0]}, {place[1]} test set": sample_of(frame, *place) for place in benchmark.places}
    return _drawing(histogram_figure(panels), f"{benchmark.reference}: predicted probabilities by class")

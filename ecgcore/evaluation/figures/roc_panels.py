"""ROC curves of many models, one panel per target and test set, with the readers' points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.discrimination.roc import roc
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL
from ecgcore.evaluation.figures.style import CHANCE, INK, LINES, MUTED, check_lines, new_figure, style
from ecgcore.evaluation.frame.predictions import check_predictions, target_names
from ecgcore.evaluation.frame.sample import Sample, sample_of
from ecgcore.evaluation.study.readers import ReaderComparison

Place = tuple[str, str]
"""A target and a test set."""
_MARKERS = ("D", "s", "^", "v", "P", "X")


def roc_panels(
    predictions: Mapping[str, pd.DataFrame],
    places: Sequence[Place],
    readers: Mapping[Place, Sequence[ReaderComparison]] | None = None,
    level: float = DEFAULT_LEVEL,
) -> Figure:
    """Draw one panel per place, two in a row, each with the curves of all models that have its target.

    The legend gives each AUC with DeLong's interval on the logit scale. Readers are points with the exact intervals of
    their sensitivity and specificity.

    Args:
        predictions: frames by model, as in docs/architecture/evaluation.md; one to eight models per panel.
        places: pairs of target and test set.
        readers: comparisons by place, as of ``readers.compare_readers``; places without any are left out.
        level: of all intervals.

    Raises:
        EvaluationError: there is no place, a panel has no model or more than eight, or a ROC is not defined.
    """
    if not places:
        raise EvaluationError("figure", "has no panel", "name at least one target and test set")
    for frame in predictions.values():
        check_predictions(frame)
    models = {place: _samples(predictions, place) for place in places}
    panels = _grid([len(models[place]) + len((readers or {}).get(place, ())) for place in places])
    for (axes, below), place in zip(panels.pairs, places, strict=True):
        _draw_panel(axes, f"{place[0]}, {place[1]} test set", models[place], level)
        _draw_readers(axes, (readers or {}).get(place, ()))
        _draw_legend(axes, below, f"AUC ({100 * level:g} % interval)")
    return panels.figure


@dataclass(frozen=True)
class _Panels:
    figure: Figure
    pairs: list[tuple[Axes, Axes]]


def _grid(entries: Sequence[int]) -> _Panels:
    """Return one pair of axes per panel, the lower one for its legend of so many entries."""
    columns = min(2, len(entries))
    rows = -(-len(entries) // columns)
    legend = 0.4 + 0.17 * max(entries)
    figure = new_figure(5.0 * columns, rows * (4.7 + legend))
    grid = figure.subplots(2 * rows, columns, squeeze=False, height_ratios=[4.6, legend] * rows)
    pairs = [(grid[2 * row, column], grid[2 * row + 1, column]) for row in range(rows) for column in range(columns)]
    for axes, below in pairs:
        below.set_axis_off()
        axes.set_visible(False)
    return _Panels(figure, pairs[: len(entries)])


def _draw_legend(axes: Axes, below: Axes, title: str) -> None:
    found = below.legend(
        *axes.get_legend_handles_labels(),
        loc="upper left",
        frameon=False,
        fontsize=8,
        handlelength=3.2,
        borderaxespad=0,
        title=title,
        title_fontsize=8,
        alignment="left",
    )
    found.get_title().set_color(MUTED)


def _samples(predictions: Mapping[str, pd.DataFrame], place: Place) -> dict[str, Sample]:
    target, test_set = place
    found = {name: sample_of(f, target, test_set) for name, f in predictions.items() if target in target_names(f)}
    check_lines("models", len(found))
    return found


def _draw_panel(axes: Axes, title: str, models: Mapping[str, Sample], level: float) -> None:
    axes.set_visible(True)
    style(axes, title)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set_xlabel("1 - specificity", fontsize=9)
    axes.set_ylabel("Sensitivity", fontsize=9)
    axes.plot([0, 1], [0, 1], **CHANCE)
    for (name, sample), (colour, dash) in zip(models.items(), LINES, strict=False):
        points = roc(sample.labels, sample.probabilities)
        label = f"{name}: {auc_interval(sample.labels, sample.probabilities, level)}"
        axes.plot(
            points.false_positive_rate,
            points.true_positive_rate,
            color=colour,
            linestyle=dash,
            linewidth=1.6,
            label=label,
        )


def _draw_readers(axes: Axes, readers: Sequence[ReaderComparison]) -> None:
    for reader, marker in zip(readers, _MARKERS * len(readers), strict=False):
        high, low = reader.reader_scores.sensitivity, reader.reader_scores.specificity
        name = f"{reader.reader} ({reader.experience})" if reader.experience else reader.reader
        axes.errorbar(
            [1 - low.value],
            [high.value],
            xerr=[[low.high - low.value], [low.value - low.low]],
            yerr=[[high.value - high.low], [high.high - high.value]],
            fmt=marker,
            color=INK,
            markeredgecolor="white",
            ecolor=INK,
            elinewidth=0.9,
            markersize=7,
            capsize=2,
            label=f"{name}: sens. {high.value:.3f}, spec. {low.value:.3f}",
            zorder=5,
        )

"""Histograms of the probabilities by class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT
from ecgcore.evaluation.figures.style import BLUE, INK, ORANGE, new_figure, style
from ecgcore.evaluation.frame.sample import Sample

BINS = 25


def histogram_figure(panels: Mapping[str, Sample], threshold: float = OPERATING_POINT) -> Figure:
    """Draw, per panel, the share of each class in bins of the predicted probability, positives above, negatives below.

    Args:
        panels: samples by title, for example one per model, target and test set.
        threshold: the operating point, marked by a line.

    Raises:
        EvaluationError: there is no panel.
    """
    if not panels:
        raise EvaluationError("figure", "has no panel", "give at least one sample")
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(4.6 * columns, 2.7 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (title, sample) in zip(grid, panels.items(), strict=False):
        _draw(axes, title, sample, threshold)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    return figure


def _draw(axes: Axes, title: str, sample: Sample, threshold: float) -> None:
    style(axes, title)
    for mask, sign, colour, name in ((sample.labels, 1, ORANGE, "positives"), (~sample.labels, -1, BLUE, "negatives")):
        counts, edges = np.histogram(sample.probabilities[mask], bins=BINS, range=(0.0, 1.0))
        shares = 100 * counts / mask.sum()
        label = f"{name} (n = {mask.sum()})"
        axes.bar(edges[:-1], sign * shares, 1 / BINS, align="edge", color=colour, edgecolor="white", label=label)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axvline(threshold, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axes.set_xlim(0, 1)
    axes.set_xlabel("Predicted probability", fontsize=9)
    axes.set_ylabel("% of the class", fontsize=9)
    axes.legend(loc="best", frameon=False, fontsize=8)

"""The decision curve: net benefit of models against acting on everybody or nobody."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from ecgcore.evaluation.figures.style import LINES, MUTED, check_lines, new_figure, style


def decision_figure(title: str, curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the net benefit of each model over the threshold, the first with its pointwise interval.

    Args:
        title: above the plot.
        curves: tables of ``net_benefit.decision_curve`` by model, on the same studies; one to eight.

    Raises:
        EvaluationError: no curve, or more than eight.
    """
    check_lines("curves", len(curves))
    figure = new_figure(6.2, 4.4)
    axes = figure.add_subplot()
    style(axes, title)
    name, first = next(iter(curves.items()))
    axes.plot(first["threshold"], first["treat_all"], color=MUTED, linewidth=1.2, label="act on everybody")
    axes.axhline(0, color=MUTED, linewidth=1.2, linestyle=(0, (2, 2)), label="act on nobody")
    band = first["net_benefit_low"], first["net_benefit_high"]
    label = f"{name}: pointwise interval"
    axes.fill_between(first["threshold"], *band, color=LINES[0][0], alpha=0.16, linewidth=0, label=label)
    for (name, curve), (colour, dash) in zip(curves.items(), LINES, strict=False):
        axes.plot(curve["threshold"], curve["net_benefit"], color=colour, linestyle=dash, linewidth=1.8, label=name)
    top = max(float(curve["net_benefit_high"].max()) for curve in curves.values())
    axes.set_ylim(-0.25 * top, 1.08 * top)
    axes.set_xlabel("Threshold: the risk at which one would act", fontsize=9)
    axes.set_ylabel("Net benefit, true positives per study", fontsize=9)
    axes.legend(loc="upper right", frameon=False, fontsize=8.5)
    return figure

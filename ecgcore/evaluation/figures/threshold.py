"""Sensitivity and specificity over thresholds, and predictive values over prevalences, with their bands."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT
from ecgcore.evaluation.figures.style import BLUE, INK, ORANGE, new_figure, style


def threshold_figure(title: str, table: pd.DataFrame, operating_point: float = OPERATING_POINT) -> Figure:
    """Draw sensitivity and specificity over the thresholds, with their pointwise intervals and the operating point.

    Args:
        title: above the plot.
        table: of ``threshold_table.threshold_table``.
        operating_point: marked by a line.
    """
    figure, axes = _plain(title, "Threshold on the predicted probability", "Share")
    _band(axes, table, "threshold", "sensitivity", "Sensitivity", BLUE, "-")
    _band(axes, table, "threshold", "specificity", "Specificity", ORANGE, "--")
    mark = f"operating point {operating_point:g}"
    axes.axvline(operating_point, color=INK, linewidth=0.9, linestyle=(0, (1, 2)), label=mark)
    axes.set_xlim(0, 1)
    axes.legend(loc="center right", frameon=False, fontsize=8.5)
    return figure


def predictive_figure(title: str, table: pd.DataFrame) -> Figure:
    """Draw the predictive values over the prevalence, in percent, with their pointwise intervals.

    Args:
        title: above the plot; say the operating point there.
        table: of ``predictive_values.predictive_values``.
    """
    figure, axes = _plain(title, "Prevalence, %", "Share of right answers")
    percent = table.assign(prevalence=100 * table["prevalence"])
    _band(axes, percent, "prevalence", "ppv", "Positive predictive value", BLUE, "-")
    _band(axes, percent, "prevalence", "npv", "Negative predictive value", ORANGE, "--")
    axes.legend(loc="lower right", frameon=False, fontsize=8.5)
    return figure


def _plain(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    figure = new_figure(6.2, 4.2)
    axes = figure.add_subplot()
    style(axes, title)
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(up, fontsize=9)
    axes.set_ylim(-0.02, 1.02)
    return figure, axes


def _band(axes: Axes, table: pd.DataFrame, over: str, name: str, label: str, colour: str, dash: str) -> None:
    axes.fill_between(table[over], table[f"{name}_low"], table[f"{name}_high"], color=colour, alpha=0.16, linewidth=0)
    axes.plot(table[over], table[name], color=colour, linestyle=dash, linewidth=1.8, label=label)

"""The forest plot of slices: every part of a test set with its interval, the too small ones marked."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.figures.style import BLUE, INK, MUTED, new_figure, style


def slices_figure(title: str, table: pd.DataFrame) -> Figure:
    """Draw the AUC of each part with its interval; filled where the part is enough, hollow and grey where it is not.

    Args:
        title: above the plot.
        table: of ``slices.slice_table``; its first row, the whole test set, gives the dashed line.

    Raises:
        EvaluationError: no part has an AUC.
    """
    if table["auc"].isna().all():
        raise EvaluationError("figure", "has no slice with an AUC", "show the table instead")
    figure = new_figure(7.4, 1.4 + 0.3 * len(table))
    axes = figure.add_subplot()
    style(axes, title)
    for line, row in enumerate(table.itertuples()):
        _draw(axes, line, row)
    axes.axvline(float(table["auc"].iloc[0]), color=INK, linewidth=0.9, linestyle=(0, (3, 3)), zorder=0)
    axes.set_yticks(range(len(table)), [_name(row) for row in table.itertuples()], fontsize=8.5)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("AUC with its interval\nin brackets: positives of studies; hollow: too few to tell", fontsize=9)
    return figure


def _name(row: object) -> str:
    by, value = getattr(row, "by", ""), getattr(row, "value", "")
    name = "all studies" if by == "all" else f"{by}: {value}"
    return f"{name}  ({getattr(row, 'positives', 0)} of {getattr(row, 'n', 0)})"


def _draw(axes: Axes, line: int, row: object) -> None:
    value, low, high = (float(getattr(row, name)) for name in ("auc", "auc_low", "auc_high"))
    if pd.isna(value):
        axes.text(0.5, line, "no AUC: one class only", transform=axes.get_yaxis_transform(), fontsize=8, color=MUTED)
        return
    enough = bool(getattr(row, "enough", False))
    colour = BLUE if enough else MUTED
    axes.plot([low, high], [line, line], color=colour, linewidth=2.0 if enough else 1.1, solid_capstyle="butt")
    axes.plot([value], [line], marker="o", color=colour, markerfacecolor=colour if enough else "white", markersize=6.5)

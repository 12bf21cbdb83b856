"""How figures look: light, readable in print and without colour vision."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ecgcore.errors import EvaluationError

Dash = str | tuple[int, tuple[float, ...]]
DPI = 130
INK, MUTED, GRID = "#1f2933", "#616e7c", "#e4e7eb"
LINES: tuple[tuple[str, Dash], ...] = (
    ("#0b6e99", "-"),
    ("#b4540a", "--"),
    ("#4c6b1f", ":"),
    ("#7b3f8c", "-."),
    ("#1f2933", "-"),
    ("#d1578f", "--"),
    ("#8a6d00", "-."),
    ("#2a9d8f", (0, (5, 1, 1, 1, 1, 1))),
)
"""Colour and dash of each line in turn: no two that share a dash look alike with a common colour vision deficiency."""
BLUE, ORANGE = LINES[0][0], LINES[1][0]
CHANCE: dict[str, Any] = {"color": MUTED, "linewidth": 0.8, "linestyle": (0, (2, 3))}


def check_lines(what: str, count: int) -> None:
    """Raise EvaluationError unless there are one to eight lines to tell apart."""
    if not 1 <= count <= len(LINES):
        raise EvaluationError("figure", f"takes one to {len(LINES)} {what}, not {count}", "draw several figures")


def style(axes: Axes, title: str) -> None:
    """Give axes their title, grid and ink."""
    axes.set_title(title, fontsize=11, color=INK, loc="left")
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8.5, length=3)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(MUTED)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in inches."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def png(figure: Figure) -> bytes:
    """Return the figure as PNG bytes, the same for the same figure."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()

"""Contrasts as a forest plot: estimate and interval of each variant, one panel per target and place."""

from __future__ import annotations

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.study.contrast import Contrast, ContrastResult

DPI = 130
_INK, _MUTED, _GRID = "#1f2933", "#616e7c", "#e4e7eb"
_LOOKS = {
    ContrastResult.BETTER: ("#1b7f4b", "o"),
    ContrastResult.WORSE: ("#b42318", "X"),
    ContrastResult.UNDECIDED: ("#0b6e99", "D"),
}
_NAMES = {
    ContrastResult.BETTER: "better (Holm)",
    ContrastResult.WORSE: "worse (Holm)",
    ContrastResult.UNDECIDED: "undecided",
}


def forest_png(title: str, found: Sequence[Contrast]) -> bytes:
    """Draw each contrast's difference with its interval, and the seeds' differences as small marks.

    Args:
        title: above the plot.
        found: in the order of the lines, which all panels share.

    Raises:
        EvaluationError: there is none.
    """
    if not found:
        raise EvaluationError("figure", "has no contrast to draw", "train a variant first")
    names = list(dict.fromkeys(c.variant for c in found))
    groups = list(dict.fromkeys((c.target, c.place) for c in found))
    width, height = 2.2 + 3.4 * len(groups), 1.9 + 0.36 * len(names)
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    figure.suptitle(title, fontsize=11, color=_INK)
    panels = figure.subplots(1, len(groups), sharex=True, sharey=True, squeeze=False)[0]
    for axes, group in zip(panels, groups, strict=True):
        _draw_panel(axes, [c for c in found if (c.target, c.place) == group], names)
    panels[0].set_yticks(range(len(names)), names, fontsize=9)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    figure.legend(handles=_legend(panels[0]), loc="outside lower center", ncols=4, frameon=False, fontsize=8.5)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def _draw_panel(axes: Axes, found: Sequence[Contrast], names: Sequence[str]) -> None:
    first = found[0]
    title = f"{first.target}, {first.place}: n = {first.n:,}, {first.positives:,} positive"
    axes.set_title(title, fontsize=9.5, color=_INK, loc="left")
    axes.set_xlabel("AUC difference, variant minus base", fontsize=8.5, color=_INK)
    axes.axvline(0, color=_INK, linewidth=1.2)
    axes.grid(axis="x", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, labelsize=8.5, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(_MUTED)
    for contrast in found:
        _draw_line(axes, names.index(contrast.variant), contrast)


def _draw_line(axes: Axes, line: int, contrast: Contrast) -> None:
    colour, marker = _LOOKS[contrast.finding]
    shown = contrast.difference
    axes.plot([shown.low, shown.high], [line, line], color=colour, linewidth=2.2, solid_capstyle="butt")
    axes.plot([shown.value], [line], marker=marker, color=colour, markersize=7, linestyle="none")
    axes.plot(contrast.seeds, [line + 0.26] * len(contrast.seeds), marker="|", color=_MUTED, linestyle="none")


def _legend(axes: Axes) -> list:
    marks = [
        axes.plot([], [], marker=marker, color=colour, linewidth=2.2, label=_NAMES[finding])[0]
        for finding, (colour, marker) in _LOOKS.items()
    ]
    return [*marks, axes.plot([], [], color=_MUTED, marker="|", linestyle="none", label="single seeds")[0]]

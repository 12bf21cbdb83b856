"""A figure like Figure 4 of the study: mean maps and single ECGs under their maps, for both formats and classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle

from ecgcore.evaluation.figures.style import INK, MUTED, png
from ecgcore.explain.heat_overlay import tint
from ecgcore.explain.mean_map import MeanMap
from ecgcore.explain.panel import Example, Panel
from ecgcore.explain.placement import format_of
from ecgcore.reports.page.box import Pixels

DPI = 170
WIDTH_IN = 15.0
_LINE = "#cbd2d9"
_HEAD_IN, _GAP_IN = 0.42, 0.12


def panel_png(title: str, panel: Panel, names: tuple[str, str] = ("negative", "positive")) -> bytes:
    """Draw a panel as PNG: a strip for each format and class; first the mean map, then the examples.

    Formats whose canonical image is wider than high come first, with a row per class; others have both classes in one.

    Args:
        title: above all.
        panel: what to draw.
        names: what the two classes are called, for example ``("no scar", "scar")``.
    """
    rows = _rows(panel.means)
    most = max(len(panel.examples_of(mean)) for mean in panel.means)
    heights = [_row_height(row, most) for row in rows]
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + 2 * _HEAD_IN), dpi=DPI)
    parts = figure.subfigures(len(rows) + 2, 1, height_ratios=[_HEAD_IN, *heights, _HEAD_IN], squeeze=False)[:, 0]
    parts[0].text(0.01, 0.5, title, fontsize=13, color=INK, va="center")
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    for part, row in zip(parts[1:-1], rows, strict=True):
        strips = part.subfigures(1, len(row), squeeze=False)[0]
        for strip, mean in zip(strips, row, strict=True):
            head = f"({next(letters)}) {mean.ecg_format} format, {names[mean.positive]}"
            _draw_strip(strip, head, mean, panel.examples_of(mean), most)
    _draw_key(
        parts[-1], f"evidence for {names[True]}: means up to their largest value, single ECGs up to probability 1"
    )
    return png(figure)


def _rows(means: Sequence[MeanMap]) -> list[list[MeanMap]]:
    rows: list[list[MeanMap]] = []
    for mean in sorted(means, key=lambda mean: (_is_high(mean), mean.ecg_format)):
        if rows and rows[-1][0].ecg_format == mean.ecg_format and _is_high(mean):
            rows[-1].append(mean)
        else:
            rows.append([mean])
    return rows


def _is_high(mean: MeanMap) -> bool:
    return mean.share.shape[0] > mean.share.shape[1]


def _row_height(row: Sequence[MeanMap], most: int) -> float:
    height, width = row[0].share.shape
    return WIDTH_IN / (len(row) * (1 + most)) * height / width + _HEAD_IN + _GAP_IN


def _draw_strip(strip: SubFigure, head: str, mean: MeanMap, examples: Sequence[Example], most: int) -> None:
    strip.suptitle(head, x=0.01, y=0.995, ha="left", va="top", fontsize=10.5, color=INK, fontweight="bold")
    axes = strip.subplots(1, 1 + most, squeeze=False)[0]
    height = strip.bbox.height / strip.figure.dpi
    strip.subplots_adjust(left=0.01, right=0.99, bottom=_GAP_IN / 2 / height, top=1 - _HEAD_IN / height, wspace=0.04)
    _draw_mean(axes[0], mean)
    for place, example in zip(axes[1:], examples, strict=False):
        _draw_picture(place, example.picture, f"probability {example.probability:.2f}")
    for place in axes[1 + len(examples) :]:
        place.set_visible(False)


def _draw_mean(axes: Axes, mean: MeanMap) -> None:
    left_out = f", {mean.empty} empty maps left out" if mean.empty else ""
    _draw_picture(axes, tint(mean.mass[::3, ::3]), f"mean of {mean.studies}{left_out}")
    for lead, box in format_of((mean.share.shape[1], mean.share.shape[0])).canonical_leads.items():
        left, top = box.left / 3, box.top / 3
        axes.add_patch(
            Rectangle((left, top), box.width / 3, box.height / 3, fill=False, edgecolor=_LINE, linewidth=0.6)
        )
        axes.text(left + 8, top + 8, lead, fontsize=7, color=INK, va="top")


def _draw_picture(axes: Axes, picture: Pixels, caption: str) -> None:
    axes.imshow(picture, interpolation="antialiased")
    axes.set_title(caption, fontsize=8.5, color=MUTED, pad=3)
    axes.set(xticks=[], yticks=[])
    _frame(axes)


def _frame(axes: Axes) -> None:
    for spine in axes.spines.values():
        spine.set_color(_LINE)


def _draw_key(part: SubFigure, text: str) -> None:
    axes = part.add_axes((0.01, 0.35, 0.15, 0.3))
    axes.imshow(tint(np.linspace(0, 1, 256, dtype=np.float32)[None, :]), aspect="auto")
    axes.set(xticks=[], yticks=[])
    _frame(axes)
    part.text(0.17, 0.5, f"none to most {text}", fontsize=8.5, color=MUTED, va="center")

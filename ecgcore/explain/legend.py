"""What a painted ECG's colours mean, in a strip below it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ecgcore.evaluation.figures.style import INK, MUTED
from ecgcore.explain.heat_overlay import tint
from ecgcore.reports.page.box import Pixels

_DPI = 72  # one point is one pixel
_FONT_SHARE, _FONT_LEAST = 1 / 75, 9.0  # of the width; px
_ROWS = 6.6  # height of the strip, in font sizes
_LINE = "#cbd2d9"


@dataclass(frozen=True)
class Legend:
    """What the strip says.

    Args:
        target: what is predicted, in words.
        probability: of the target, 0..1.
        model: which model said so, with its version.
        is_empty: whether no place speaks for the target.
    """

    target: str
    probability: float
    model: str
    is_empty: bool = False

    @property
    def says(self) -> str:
        """Target and probability in one line."""
        return f"{self.target}: probability {self.probability:.2f}" + (
            "; no place speaks for it" if self.is_empty else ""
        )


def with_legend(picture: Pixels, legend: Legend) -> Pixels:
    """Return the picture with the legend below it: uint8 (H + h, W, 3) RGB for a picture of (H, W, 3)."""
    strip = _strip(picture.shape[1], legend)
    return np.concatenate([picture, strip])


def _strip(width: int, legend: Legend) -> Pixels:
    size = max(width * _FONT_SHARE, _FONT_LEAST)
    height = round(_ROWS * size)
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)

    def write(line: float, text: str, left: float = 1.0, colour: str = INK, weight: str = "normal") -> None:
        place = left * size / width, 1 - line * size / height
        figure.text(*place, text, fontsize=size, color=colour, fontweight=weight, va="center")

    write(1.0, legend.says, weight="bold")
    write(2.6, legend.model, colour=MUTED)
    bar = 16.0  # its width, in font sizes
    axes = figure.add_axes((2 * size / width, 1 - 4.7 * size / height, bar * size / width, size / height))
    axes.imshow(tint(np.linspace(0, 1, 256, dtype=np.float32)[None, :]), aspect="auto")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color(_LINE)
    write(4.2, "0", colour=MUTED)
    write(4.2, "1", left=2.5 + bar, colour=MUTED)
    write(5.6, "colour: evidence times probability; the same scale for every ECG", colour=MUTED)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), np.uint8)[:, :, :3].copy()

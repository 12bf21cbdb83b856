"""The course of a pen from the edges of its stroke."""

from __future__ import annotations

import numpy as np

from ecgcore.reports.runs import Floats

_FLAT = 0.3  # the quantile of ink heights that is taken for a level stroke
_REACH = 2


def pen_radius(upper: Floats, lower: Floats) -> float:
    """Return half the width of a stroke in px, told where it is most nearly level."""
    heights = (lower - upper)[np.isfinite(upper)]
    return max(0.5, float(np.quantile(heights, _FLAT)) / 2) if heights.size else 0.5


def centreline(upper: Floats, lower: Floats, radius: float) -> Floats:
    """Return the y of the pen's middle in every column, NaN where there is no ink.

    A round pen on a course y leaves ink between ``min(y(x + u) - h(u))`` and ``max(y(x + u) + h(u))`` over
    ``|u| <= radius``, ``h(u) = sqrt(radius^2 - u^2)``: an erosion and a dilation by a disc (Serra, Image Analysis and
    Mathematical Morphology, 1982). So the course lies between the largest ``upper(x + u) + h(u)`` and the smallest
    ``lower(x + u) - h(u)``. It is the first of them on a peak, where the pen's lower side was smeared, the second in a
    valley, and their mean on a straight stroke, however steep.
    """
    high, low = _inner(upper, radius), -_inner(-lower, radius)
    middle = (high + low) / 2
    slack = np.maximum(low - high, 0.0)
    bend = _bend(middle)
    lean = np.clip(bend / np.maximum(slack, 1e-9), -1, 1)
    return middle - lean * slack / 2


def _inner(upper: Floats, radius: float) -> Floats:
    """Return the largest ``upper(x + u) + h(u)``: where the middle of a disc that hangs from the edge can be."""
    padded = np.pad(upper, _REACH, constant_values=np.nan)
    offsets = [u for u in range(-_REACH, _REACH + 1) if abs(u) <= radius]
    moved = [padded[_REACH + u : _REACH + u + len(upper)] + np.sqrt(radius**2 - u**2) for u in offsets]
    best = np.fmax.reduce(moved)
    best[~np.isfinite(upper)] = np.nan
    return np.asarray(best)


def _bend(middle: Floats) -> Floats:
    """Return the second difference over two columns; 0 next to nothing."""
    padded = np.pad(middle, _REACH, mode="edge")
    bend = padded[: -2 * _REACH] - 2 * middle + padded[2 * _REACH :]
    return np.nan_to_num(bend)

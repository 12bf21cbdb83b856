"""The course of a pen from the edges of its stroke."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.box import Box
from ecgcore.reports.follow import NOTHING
from ecgcore.reports.runs import Floats, Ints, Runs

_FLAT = 0.3  # the quantile of ink heights that is taken for a level stroke
_DRAWN_OUT = 12.0  # px, 0.1 mV: how far a hidden tip may be drawn out
_REACH = 2  # px to each side; wider pens are followed as if they were 5 px wide


def courses(paths: Ints, runs: Runs, seen: NDArray[np.bool_]) -> Floats:
    """Return the y of each lead's pen in every column, (leads, width); NaN where there is no ink.

    Args:
        paths: number of each lead's run by column, (leads, width).
        runs: the ink.
        seen: as from ``seen_edges``.
    """
    upper = np.where(paths == NOTHING, np.nan, runs.upper[paths])
    lower = np.where(paths == NOTHING, np.nan, runs.lower[paths])
    return np.array(
        [
            centreline(above, below, pen_radius(above, below), own)
            for above, below, own in zip(upper, lower, seen, strict=True)
        ]
    )


def seen_edges(paths: Ints, runs: Runs, labels: Sequence[Box]) -> NDArray[np.bool_]:
    """Return whether the upper and the lower edge of a run are its lead's own, (leads, 2, width).

    Where leads share a run, its upper edge belongs to the topmost of them and its lower edge to the lowest. An edge
    within the rectangle of a printed name may be the print's, if the other edge is outside.
    """
    seen = np.ones((len(paths), 2, paths.shape[1]), np.bool_)
    for lead, path in enumerate(paths):
        drawn = path != NOTHING
        seen[lead, 0] = ~((paths[:lead] == path) & drawn).any(axis=0)
        seen[lead, 1] = ~((paths[lead + 1 :] == path) & drawn).any(axis=0)
        for box in labels:
            part = path[box.left : box.right]
            inside = [(box.top <= y) & (y < box.bottom) for y in (runs.first[part], runs.last[part])]
            seen[lead, 0, box.left : box.right] &= ~(inside[0] & ~inside[1])
            seen[lead, 1, box.left : box.right] &= ~(inside[1] & ~inside[0])
    return seen


def pen_radius(upper: Floats, lower: Floats) -> float:
    """Return half the width of a stroke in px, told where it is most nearly level; 0.5 if there is none."""
    heights = (lower - upper)[np.isfinite(upper)]
    return max(0.5, float(np.quantile(heights, _FLAT)) / 2) if heights.size else 0.5


def centreline(upper: Floats, lower: Floats, radius: float, seen: NDArray[np.bool_]) -> Floats:
    """Return the y of the pen's middle in every column, (width,), NaN where there is no ink.

    A round pen on a course y leaves ink between ``min(y(x + u) - h(u))`` and ``max(y(x + u) + h(u))`` over
    ``|u| <= radius``, ``h(u) = sqrt(radius^2 - u^2)``: an erosion and a dilation by a disc (Serra, Image Analysis and
    Mathematical Morphology, 1982). So the course lies between the largest ``upper(x + u) + h(u)`` and the smallest
    ``lower(x + u) - h(u)``. It is the first of them on a peak, where the pen's lower side was smeared, the second in a
    valley, and their mean on a straight stroke, however steep. Where only one edge is its own, that one tells, and a
    tip that the other ink hides is drawn out by its bend, at most to the middle of that ink's pen and by 12 px. Where
    none is, the course is a straight line between the columns beside.

    Args:
        upper, lower: edges of the ink, px, (width,), NaN where there is none.
        radius: of the pen, px.
        seen: whether each edge is the pen's own, (2, width).
    """
    high, low = _inner(upper, radius), -_inner(-lower, radius)
    middle, slack = (high + low) / 2, np.maximum(low - high, 0.0)
    both = middle - np.clip(_bend(middle), -slack, slack) / 2
    most = np.clip(slack - radius, 0, _DRAWN_OUT)
    under, over = high + np.clip(-_bend(high), 0, most), low - np.clip(_bend(low), 0, most)
    course = np.select([seen[0] & ~seen[1], seen[1] & ~seen[0]], [under, over], both)
    return _bridged(course, np.asarray(~seen.any(axis=0)))


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
    return np.nan_to_num(padded[: -2 * _REACH] - 2 * middle + padded[2 * _REACH :])


def _bridged(course: Floats, hidden: NDArray[np.bool_]) -> Floats:
    known = np.isfinite(course) & ~hidden
    if not hidden.any() or not known.any():
        return course
    places = np.arange(len(course))
    return np.where(hidden, np.interp(places, places[known], course[known]), course)

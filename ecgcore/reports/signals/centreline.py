"""The course of a pen from the edges of its stroke."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.page.box import Box
from ecgcore.reports.signals.follow import NOTHING
from ecgcore.reports.signals.ink_runs import Floats, Ints, Runs

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
    radii = np.array([pen_radius(above, below) for above, below in zip(upper, lower, strict=True)])
    return centreline(upper, lower, radii, seen)


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


def centreline(upper: Floats, lower: Floats, radii: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Return the y of each pen's middle in every column, (leads, width), NaN where there is no ink.

    A round pen on a course y leaves ink between ``min(y(x + u) - h(u))`` and ``max(y(x + u) + h(u))`` over
    ``|u| <= radius``, ``h(u) = sqrt(radius^2 - u^2)``: an erosion and a dilation by a disc (Serra, Image Analysis and
    Mathematical Morphology, 1982). So the course lies between the largest ``upper(x + u) + h(u)`` and the smallest
    ``lower(x + u) - h(u)``. It is the first of them on a peak, where the pen's lower side was smeared, the second in a
    valley, and their mean on a straight stroke, however steep. Where only one edge is its own, that one tells, and a
    tip that the other ink hides is drawn out by its bend, at most to the middle of that ink's pen and by 12 px. Where
    none is, the course is a straight line between the columns beside.

    Args:
        upper, lower: edges of the ink, px, (leads, width), NaN where there is none.
        radii: of the pens, px, (leads,).
        seen: whether each edge is the pen's own, (leads, 2, width).
    """
    high, low = _inner(upper, radii), -_inner(-lower, radii)
    middle, slack = (high + low) / 2, np.maximum(low - high, 0.0)
    both = middle - np.clip(_bend(middle), -slack, slack) / 2
    most = np.clip(slack - radii[:, None], 0, _DRAWN_OUT)
    under, over = high + np.clip(-_bend(high), 0, most), low - np.clip(_bend(low), 0, most)
    above, below = seen[:, 0], seen[:, 1]
    course = np.select([above & ~below, below & ~above], [under, over], both)
    for row, hidden in zip(course, ~above & ~below, strict=True):
        _bridge(row, hidden)
    return course


def _inner(upper: Floats, radii: Floats) -> Floats:
    """Return the largest ``upper(x + u) + h(u)``: where the middle of a disc that hangs from the edge can be."""
    width = upper.shape[1]
    padded = np.full((len(upper), width + 2 * _REACH), np.nan)
    padded[:, _REACH:-_REACH] = upper
    best = upper + radii[:, None]
    for u in range(1, _REACH + 1):
        height = np.where(radii >= u, np.sqrt(np.maximum(radii**2 - u**2, 0)), -np.inf)[:, None]
        for shift in (_REACH - u, _REACH + u):
            best = np.fmax(best, padded[:, shift : shift + width] + height)
    return np.where(np.isfinite(upper), best, np.nan)


def _bend(course: Floats) -> Floats:
    """Return the second difference over two columns; 0 next to nothing and at the ends."""
    bend = np.zeros_like(course)
    bend[:, _REACH:-_REACH] = course[:, : -2 * _REACH] - 2 * course[:, _REACH:-_REACH] + course[:, 2 * _REACH :]
    return np.nan_to_num(bend)


def _bridge(course: Floats, hidden: NDArray[np.bool_]) -> None:
    """Fill the hidden columns with straight lines."""
    known = np.isfinite(course) & ~hidden
    if hidden.any() and known.any():
        places = np.arange(len(course))
        course[hidden] = np.interp(places[hidden], places[known], course[known])

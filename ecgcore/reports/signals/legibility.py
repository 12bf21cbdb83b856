"""What stands in the way of reading a trace: gaps, other traces, print, and the edge of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.page.box import Box
from ecgcore.reports.signals.follow import NOTHING
from ecgcore.reports.signals.ink_runs import Ints, Runs
from ecgcore.reports.signals.lead_signals import LeadQuality

Mask = NDArray[np.bool_]

_NEAR_PX = 12  # 1 mm; other ink so near to a trace touches it somewhere
_LEAST_PX = 3  # high; less is dust
_STEM_PX = 3  # to each side of what shows beside the trace: strokes of a letter that are one with it
_LETTER_PX = 36  # 3 mm; between print and print it is print
_CROSSING_PX = 6  # around columns where traces are one: what is left over there is trace, not print


def legibility(
    paths: Ints, runs: Runs, leads: Sequence[str], labels: Sequence[Box], height: int, px_per_s: float
) -> list[LeadQuality]:
    """Measure every lead of a strip.

    Args:
        paths: number of each lead's run by column, (leads, width).
        runs: the ink of the strip.
        leads: names.
        labels: rectangles of printed names.
        height: of the strip, px.
        px_per_s: scale.
    """
    shared = shared_runs(paths)
    shared_anywhere = _widened(np.asarray(shared.any(axis=0)), _CROSSING_PX)
    foreign = _foreign(paths, runs)
    found = []
    for lead, path, overlap in zip(leads, paths, shared, strict=True):
        drawn = path != NOTHING
        print_near = _near(path, runs, foreign) & ~shared_anywhere | _in_labels(path, runs, labels)
        edge = drawn & ((runs.first[path] == 0) | (runs.last[path] == height - 1))
        holes = np.diff(np.flatnonzero(drawn)) - 1
        found.append(
            LeadQuality(
                lead,
                covered=float(drawn.mean()),
                gaps=int((holes > 0).sum()),
                longest_gap_s=float(holes.max(initial=0) / px_per_s),
                overlap=float(overlap.mean()),
                text=float((_closed(print_near) & drawn).mean()),
                clipped=float(edge.mean()),
            )
        )
    return found


def shared_runs(paths: Ints) -> Mask:
    """Return where a lead's run is another lead's too, (leads, width)."""
    same = paths[:, None] == paths[None]
    same[np.arange(len(paths)), np.arange(len(paths))] = False
    return np.asarray(same.any(axis=1) & (paths != NOTHING))


def _foreign(paths: Ints, runs: Runs) -> Ints:
    """Return the runs that are no lead's."""
    own = np.zeros(len(runs), np.bool_)
    own[paths[paths != NOTHING]] = True
    return np.flatnonzero(~own & (runs.last - runs.first + 1 >= _LEAST_PX))


def _near(path: Ints, runs: Runs, foreign: Ints) -> Mask:
    """Return the columns in which ink of no lead is near the path, (width,)."""
    column = runs.column[foreign]
    own = path[column]
    apart = np.maximum(runs.first[foreign] - runs.last[own], runs.first[own] - runs.last[foreign])
    near = np.zeros(len(path), np.bool_)
    near[column[(own != NOTHING) & (apart <= _NEAR_PX)]] = True
    return near


def _in_labels(path: Ints, runs: Runs, labels: Sequence[Box]) -> Mask:
    """Return the columns in which the path runs through a rectangle with a printed name, (width,)."""
    inside = np.zeros(len(path), np.bool_)
    for box in labels:
        part = path[box.left : box.right]
        reaches = (runs.first[part] < box.bottom) & (runs.last[part] >= box.top)
        inside[box.left : box.right] |= reaches & (part != NOTHING)
    return inside


def _widened(mask: Mask, reach: int) -> Mask:
    return np.asarray(np.convolve(mask, np.ones(2 * reach + 1), "same") > 0.5)


def _closed(mask: Mask) -> Mask:
    """Return the mask with short gaps filled, and a little wider."""
    places = np.flatnonzero(mask)
    filled = mask.copy()
    for left, right in pairwise(places):
        if right - left <= _LETTER_PX:
            filled[left:right] = True
    return _widened(filled, _STEM_PX)

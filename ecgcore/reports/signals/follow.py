"""Which ink belongs to which lead: the cheapest way along stretches of ink from the left to the right of a strip."""

from __future__ import annotations

import numpy as np

from ecgcore.reports.signals.ink_runs import Floats, Ints, Runs
from ecgcore.reports.signals.stretch import Stretches

NOTHING = -1
_FAR = 0.01  # cost of a column per px between its ink and the lead's level
_MISSING = 3.0  # of a column without ink; so the farthest wave is cheaper than skipping it
_JUMP = 5.0  # of going on where the ink does not touch, and 1 per px of height
_MOST_STRETCHES = 1500  # a page of noise has more; the longest are kept
_FULL_COLUMNS = 0.1  # share of columns with one run per lead that tell where the leads are
_SHARED = 0.5  # of the columns; traces that touch share much less


def find_levels(runs: Runs, width: int, zeros: tuple[float, ...]) -> Floats:
    """Return the y about which each lead's trace lies, from top to bottom, shape (leads,).

    It is the median of the k-th run of the columns with exactly one run per lead; ``zeros`` if they are too few.
    """
    counts = np.bincount(runs.column, minlength=width)
    full = counts == len(zeros)
    if full.mean() < _FULL_COLUMNS:
        return np.array(zeros)
    middles = (runs.upper + runs.lower) / 2
    return np.median(middles[full[runs.column]].reshape(-1, len(zeros)), axis=0)


def follow(stretches: Stretches, levels: Floats, width: int) -> Ints:
    """Return for each lead and column the number of its run, or NOTHING; shape (leads, width)."""
    kept = _longest(stretches)
    best, before = _search(stretches, kept, levels, width)
    paths = np.full((len(levels), width), NOTHING, np.int64)
    for lead in range(len(levels)):
        at = int(best[lead])
        while at != NOTHING:
            members = stretches.of(int(kept[at]))
            paths[lead, stretches.runs.column[members]] = members
            at = int(before[at, lead])
    return paths


def _longest(stretches: Stretches) -> Ints:
    lengths = np.diff(stretches.offsets)
    return np.sort(np.argsort(-lengths, kind="stable")[:_MOST_STRETCHES])


def _search(stretches: Stretches, kept: Ints, levels: Floats, width: int) -> tuple[Ints, Ints]:
    """Viterbi's search; returns the last stretch of each lead's way and the one before each, as places in ``kept``."""
    runs, heads, tails = stretches.runs, stretches.heads[kept], stretches.tails[kept]
    own = stretches.sums(_FAR * _distance(runs, levels))[kept]
    cost = own + _MISSING * runs.column[heads][:, None]
    before = np.full(cost.shape, NOTHING, np.int64)
    for at in range(1, len(kept)):
        step = _step(runs, tails[:at], heads[at])[:, None] + cost[:at]
        nearest = step.argmin(axis=0)
        reached = step[nearest, np.arange(len(levels))] + own[at]
        better = reached < cost[at]
        cost[at], before[at] = np.where(better, reached, cost[at]), np.where(better, nearest, NOTHING)
    if not len(kept):
        return np.full(len(levels), NOTHING), before
    return (cost + _MISSING * (width - 1 - runs.column[tails])[:, None]).argmin(axis=0), before


def _distance(runs: Runs, levels: Floats) -> Floats:
    above, below = runs.first[:, None] - levels, levels - runs.last[:, None]
    return np.maximum(np.maximum(above, below), 0.0)


def _step(runs: Runs, tails: Ints, head: int) -> Floats:
    """Cost of going from the end of each stretch to the start of another; infinite if it is not further right."""
    skipped = runs.column[head] - runs.column[tails] - 1
    apart = np.maximum(runs.first[head] - runs.last[tails], runs.first[tails] - runs.last[head]) - 1
    apart = np.maximum(apart, 0)
    touching = (skipped == 0) & (apart == 0)
    return np.where(skipped < 0, np.inf, np.where(touching, 0.0, _JUMP + _MISSING * skipped + apart))


def without_shared(paths: Ints, runs: Runs, levels: Floats) -> Ints:
    """Take a neighbour's trace away from a lead that has none of its own.

    Two leads may share ink where their traces touch, but if they share most of it, it is the trace of the one whose
    level is nearer, and the other keeps only what is its own.
    """
    paths = paths.copy()
    for lead in range(1, len(paths)):
        for other in range(lead):
            shared = (paths[lead] == paths[other]) & (paths[lead] != NOTHING)
            if shared.mean() > _SHARED:
                middle = np.median((runs.upper + runs.lower)[paths[lead][shared]]) / 2
                loser = lead if abs(middle - levels[lead]) > abs(middle - levels[other]) else other
                paths[loser, shared] = NOTHING
    return paths

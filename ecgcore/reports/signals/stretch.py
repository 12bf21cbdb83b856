"""Stretches: runs of ink that follow each other without a fork."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecgcore.reports.signals.ink_runs import Floats, Ints, Runs, links


@dataclass(frozen=True)
class Stretches:
    """Chains of runs, sorted by their first column; arrays of shape (m,) unless said otherwise.

    Args:
        runs: what they consist of.
        members: run numbers, chain by chain, shape (n,).
        offsets: where each chain starts in ``members``, and the end of the last, shape (m + 1,).
    """

    runs: Runs
    members: Ints
    offsets: Ints

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def heads(self) -> Ints:
        """The first run of each."""
        return self.members[self.offsets[:-1]]

    @property
    def tails(self) -> Ints:
        """The last run of each."""
        return self.members[self.offsets[1:] - 1]

    def of(self, stretch: int) -> Ints:
        """The runs of one stretch, from left to right."""
        return self.members[self.offsets[stretch] : self.offsets[stretch + 1]]

    def sums(self, values: Floats) -> Floats:
        """Add up a value per run over each stretch; ``values`` (n,) or (n, k)."""
        return np.add.reduceat(values[self.members], self.offsets[:-1], axis=0) if len(self) else values[:0]


def find_stretches(runs: Runs, height: int) -> Stretches:
    """Join runs to stretches: a run and the next are one where neither touches a third."""
    source, target = links(runs, height)
    count = len(runs)
    only = (np.bincount(source, minlength=count)[source] == 1) & (np.bincount(target, minlength=count)[target] == 1)
    head = np.arange(count)
    head[target[only]] = source[only]
    while True:
        further = head[head]
        if np.array_equal(further, head):
            break
        head = further
    members = np.argsort(head, kind="stable")
    starts = np.flatnonzero(np.diff(head[members], prepend=-1))
    return Stretches(runs, members, np.append(starts, count))

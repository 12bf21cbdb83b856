"""Studies ranked by score: the counts at every threshold, for any weights of the studies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.sample import Sample


@dataclass(frozen=True, eq=False)
class Counts:
    """Weighted counts at falling thresholds; a study is called positive if its score is at or above the threshold.

    Args:
        true_positive, false_positive: shape (..., k); the first column is the threshold that calls nobody.
        positives, negatives: shape (..., 1).
    """

    true_positive: Floats
    false_positive: Floats
    positives: Floats
    negatives: Floats

    @property
    def sensitivity(self) -> Floats:
        """Return the true positive rates, shape (..., k)."""
        return self.true_positive / self.positives

    @property
    def specificity(self) -> Floats:
        """Return 1 - the false positive rates, shape (..., k)."""
        return 1 - self.false_positive / self.negatives


@dataclass(frozen=True, eq=False)
class Ranking:
    """Studies in falling order of their scores.

    Args:
        thresholds: infinity, then the distinct scores, falling, shape (k,).
        order: shape (n,), the rows in that order.
        last: shape (k - 1,), the position in ``order`` of the last study at each distinct score.
        positive: shape (n,), labels in that order.
    """

    thresholds: Floats
    order: NDArray[np.intp]
    last: NDArray[np.intp]
    positive: NDArray[np.bool_]

    def counts(self, weights: Floats) -> Counts:
        """Return the counts where study i counts ``weights[..., i]`` times; ``weights`` has the shape (..., n)."""
        sorted_weights = weights[..., self.order]
        hit, alarm = (self._reached(sorted_weights * mask) for mask in (self.positive, ~self.positive))
        return Counts(hit, alarm, hit[..., -1:], alarm[..., -1:])

    def _reached(self, weights: Floats) -> Floats:
        reached = np.cumsum(weights, axis=-1)[..., self.last]
        return np.concatenate([np.zeros((*reached.shape[:-1], 1)), reached], axis=-1)


def rank(sample: Sample) -> Ranking:
    """Return the sample ranked by probability."""
    order = np.argsort(-sample.probabilities, kind="stable")
    falling = sample.probabilities[order]
    last = np.append(np.flatnonzero(np.diff(falling)), falling.size - 1)
    return Ranking(np.append(np.inf, falling[last]), order, last, sample.labels[order])


def counts_above(sample: Sample, threshold: float, weights: Floats) -> Counts:
    """Return the counts of calling every probability strictly above ``threshold`` positive, k = 1."""
    called = sample.probabilities > threshold
    masks = (called & sample.labels, called & ~sample.labels, sample.labels, ~sample.labels)
    return Counts(*((weights * mask).sum(axis=-1, keepdims=True) for mask in masks))

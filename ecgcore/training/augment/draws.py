"""Uniform random numbers of each sample in each epoch, whatever its batch."""

from __future__ import annotations

import numpy as np
import torch

from ecgcore.data.order import Stream, epoch_generator


class SampleDraws:
    """A table of draws that is a function of (seed, epoch, sample) only.

    Args:
        count: samples in the training set.
        width: numbers per sample.
        seed: the recipe's.
        stream: which of the epoch's streams.
    """

    def __init__(self, count: int, width: int, seed: int, stream: Stream) -> None:
        self.count, self.width, self.seed, self.stream = count, width, seed, stream
        self._epoch: int | None = None
        self._table = np.empty((0, 0))

    def __call__(self, indices: torch.Tensor, epoch: int) -> np.ndarray:
        """Return ``(B, width)`` numbers in [0, 1) of these samples (``(B,)``, on the CPU) in this epoch."""
        if epoch != self._epoch:
            self._table = epoch_generator(self.seed, epoch, self.stream).random((self.count, self.width))
            self._epoch = epoch
        return self._table[indices.numpy()]

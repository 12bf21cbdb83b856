"""The order of samples as a function of (seed, epoch), so that a resumed training sees the same."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """Independent streams of random numbers of one epoch."""

    ORDER = 0
    AUGMENT = 1
    PAGE = 2
    MIXUP = 3


def epoch_generator(seed: int, epoch: int, stream: Stream) -> np.random.Generator:
    """Return the generator of one stream of one epoch; the same on every machine."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, epoch, int(stream)))))


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Return a permutation of ``0 .. count - 1`` (int64) that depends on (count, seed, epoch) only."""
    return epoch_generator(seed, epoch, Stream.ORDER).permutation(count)


def even_batches(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Split an order into the fewest batches of at most ``batch_size``, whose sizes differ by one at most.

    Even sizes leave no last batch of one or two samples, whose batch-norm statistics would be worthless.
    """
    return np.array_split(order, max(1, -(-len(order) // batch_size))) if len(order) else []

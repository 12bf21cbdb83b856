"""Batches of a dataset, read one step ahead of the network in a thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch

from ecgcore.data.dataset import ImageDataset
from ecgcore.data.order import epoch_order, even_batches

_BATCHES_AHEAD = 2


@dataclass(frozen=True)
class Batch:
    """One step's samples.

    Args:
        images: ``(B, H, W, 3)`` uint8 RGB.
        labels: ``(B, T)`` int64: 0, 1 or -1 for missing.
        clinical: ``(B, 6)`` float32, NaN for missing.
        indices: ``(B,)`` int64, position in the dataset.
        epoch: the epoch whose order this is; -1 in validation.
    """

    images: torch.Tensor
    labels: torch.Tensor
    clinical: torch.Tensor
    indices: torch.Tensor
    epoch: int

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device; ``indices`` stay on the CPU. Asynchronous from pinned memory."""
        return replace(
            self,
            images=self.images.to(device, non_blocking=True),
            labels=self.labels.to(device, non_blocking=True),
            clinical=self.clinical.to(device, non_blocking=True),
        )


class Loader:
    """Iterates over the given batches of a dataset.

    Args:
        dataset: the samples.
        batches: index arrays, one per step.
        epoch: written into each batch.
        pin: read into pinned memory, for a GPU.

    Attributes:
        waited_s: seconds that the consumer waited for data so far.
    """

    def __init__(
        self, dataset: ImageDataset, batches: Sequence[np.ndarray], epoch: int = -1, pin: bool = False
    ) -> None:
        self.dataset = dataset
        self.batches = batches
        self.epoch = epoch
        self.pin = pin
        self.waited_s = 0.0

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
            ahead: deque[Future[Batch]] = deque()
            for indices in self.batches:
                ahead.append(pool.submit(self._read, indices))
                if len(ahead) > _BATCHES_AHEAD:
                    yield self._next(ahead)
            while ahead:
                yield self._next(ahead)

    def _next(self, ahead: deque[Future[Batch]]) -> Batch:
        start = time.perf_counter()
        batch = ahead.popleft().result()
        self.waited_s += time.perf_counter() - start
        return batch

    def _read(self, indices: np.ndarray) -> Batch:
        data = self.dataset
        images = torch.empty((len(indices), *data.cache.spec.shape), dtype=torch.uint8, pin_memory=self.pin)
        data.cache.read(data.rows[indices], out=images.numpy())
        return Batch(
            images=images,
            labels=torch.from_numpy(data.labels[indices]),
            clinical=torch.from_numpy(data.clinical[indices]),
            indices=torch.from_numpy(np.ascontiguousarray(indices)),
            epoch=self.epoch,
        )


def train_loader(dataset: ImageDataset, batch_size: int, seed: int, epoch: int, pin: bool = False) -> Loader:
    """Return the shuffled batches of one epoch, a function of (seed, epoch) only."""
    return Loader(dataset, even_batches(epoch_order(len(dataset), seed, epoch), batch_size), epoch, pin)


def ordered_loader(dataset: ImageDataset, batch_size: int, pin: bool = False) -> Loader:
    """Return all samples in file order, for validation and for batch-norm statistics."""
    return Loader(dataset, even_batches(np.arange(len(dataset)), batch_size), pin=pin)

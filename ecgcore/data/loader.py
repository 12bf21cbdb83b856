"""Batches of a dataset, read one step ahead of the network in a thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch

from ecgcore.data.dataset import StudyDataset
from ecgcore.data.order import epoch_order, even_batches
from ecgcore.data.recording import Transform

_BATCHES_AHEAD = 2
_TYPES = {"uint8": torch.uint8, "float32": torch.float32}


@dataclass(frozen=True)
class Inputs:
    """What a network reads of one step's samples.

    Args:
        recordings: ``(B, H, W, 3)`` uint8 RGB, or ``(B, 12, S)`` float32 mV; the model's transform normalises them.
        features: clinical categories ``(B, 5)`` int64 and numbers ``(B, 1)`` float32; empty where it reads none.
    """

    recordings: torch.Tensor
    features: tuple[torch.Tensor, ...] = ()

    def to(self, device: torch.device) -> Inputs:
        """Return them on a device. Asynchronous from pinned memory."""
        return Inputs(
            self.recordings.to(device, non_blocking=True),
            tuple(each.to(device, non_blocking=True) for each in self.features),
        )

    def normalised(self, transform: Transform) -> tuple[torch.Tensor, ...]:
        """Return what the network is called with."""
        return transform.normalise(self.recordings), *self.features


@dataclass(frozen=True)
class Batch:
    """One step's samples.

    Args:
        inputs: what the network reads.
        labels: ``(B, T)`` int64: 0, 1 or -1 for missing.
        indices: ``(B,)`` int64, position in the dataset.
        epoch: the epoch whose order this is; -1 in validation.
    """

    inputs: Inputs
    labels: torch.Tensor
    indices: torch.Tensor
    epoch: int

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device; ``indices`` stay on the CPU. Asynchronous from pinned memory."""
        return replace(
            self,
            inputs=self.inputs.to(device),
            labels=self.labels.to(device, non_blocking=True),
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
        self, dataset: StudyDataset, batches: Sequence[np.ndarray], epoch: int = -1, pin: bool = False
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
        spec = data.cache.spec
        recordings = torch.empty((len(indices), *spec.shape), dtype=_TYPES[spec.dtype.name], pin_memory=self.pin)
        data.cache.read(data.rows[indices], out=recordings.numpy())
        return Batch(
            inputs=Inputs(recordings, data.features.take(indices) if data.features else ()),
            labels=torch.from_numpy(data.labels[indices]),
            indices=torch.from_numpy(np.ascontiguousarray(indices)),
            epoch=self.epoch,
        )


def train_loader(dataset: StudyDataset, batch_size: int, seed: int, epoch: int, pin: bool = False) -> Loader:
    """Return the shuffled batches of one epoch, a function of (seed, epoch) only."""
    return Loader(dataset, even_batches(epoch_order(len(dataset), seed, epoch), batch_size), epoch, pin)


def ordered_loader(dataset: StudyDataset, batch_size: int, pin: bool = False) -> Loader:
    """Return all samples in file order, for validation and for batch-norm statistics."""
    return Loader(dataset, even_batches(np.arange(len(dataset)), batch_size), pin=pin)

"""What a cache holds: one recording of every image of a snapshot, of one kind and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ecgcore.data.cache_writer import CacheWriter, Job, Written
from ecgcore.data.image_transform import Interpolation
from ecgcore.data.signal_writer import SignalWriter

SIGNAL_READER = 1
"""Counts up when the signals read from the same image change, so that a cache of the old ones is not used."""


class Writer(Protocol):
    """What a worker process runs, one job after the other. Picklable."""

    def __call__(self, job: Job) -> Written:
        """Write the job's recordings to their rows."""
        ...


class CacheSpec(Protocol):
    """What a cache holds."""

    @property
    def name(self) -> str:
        """The file name without its ending."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one recording."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """Type of its numbers."""
        ...

    def writer(self, path: Path, offset: int) -> Writer:
        """Return what writes recordings into ``path``, whose row 0 starts at byte ``offset``."""
        ...


@dataclass(frozen=True)
class ImageSpec:
    """Images resized to one size, uint8 RGB.

    Args:
        height: px.
        width: px.
        interpolation: OpenCV's flag.
    """

    height: int
    width: int
    interpolation: Interpolation

    @property
    def name(self) -> str:
        """The file name without its ending."""
        return f"{self.height}x{self.width}-{self.interpolation.name.lower()}"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one image, ``(height, width, 3)``."""
        return self.height, self.width, 3

    @property
    def dtype(self) -> np.dtype:
        """uint8."""
        return np.dtype(np.uint8)

    def writer(self, path: Path, offset: int) -> CacheWriter:
        """Return what decodes and resizes images into ``path``."""
        return CacheWriter(path, self.height, self.width, int(self.interpolation), offset)


@dataclass(frozen=True)
class SignalSpec:
    """Twelve leads around an R peak, float32 mV; zeros where they cannot be read, which the cache's index says.

    Args:
        samples: per lead.
    """

    samples: int

    @property
    def name(self) -> str:
        """The file name without its ending."""
        return f"signal-{self.samples}-v{SIGNAL_READER}"

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of one study's signals, ``(12, samples)``."""
        return SignalWriter.LEADS, self.samples

    @property
    def dtype(self) -> np.dtype:
        """Little-endian float32."""
        return np.dtype("<f4")

    def writer(self, path: Path, offset: int) -> SignalWriter:
        """Return what reads the leads of images into ``path``."""
        return SignalWriter(path, self.samples, offset)


def row_bytes(spec: CacheSpec) -> int:
    """Return the bytes of one recording."""
    shape: Sequence[int] = spec.shape
    return int(np.prod(shape)) * spec.dtype.itemsize

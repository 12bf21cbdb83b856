"""Decodes, resizes and writes images into a cache file. No torch here: a worker process starts fast and stays small."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import cv2
import numpy as np

from ecgcore.errors import SnapshotError
from ecgcore.reports.file.image_store import StoreError, load_image

Job = Sequence[tuple[int, Path]]  # (row, image file)


@dataclass(frozen=True)
class Written:
    """What became of a job.

    Args:
        count: images that were read.
        unreadable: row -> reason, of those whose row stays empty.
    """

    count: int
    unreadable: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CacheWriter:
    """What a worker process runs, one job after the other. Picklable.

    Args:
        path: the file to write into.
        height: px.
        width: px.
        interpolation: OpenCV's flag.
        offset: byte at which row 0 starts.
    """

    path: Path
    height: int
    width: int
    interpolation: int
    offset: int

    def __call__(self, job: Job) -> Written:
        """Write the job's images to their rows."""
        cv2.setNumThreads(1)
        with self.path.open("r+b", buffering=0) as file:
            for row, image in job:
                pixels = self.resize(decode(image)).tobytes()
                os.pwrite(file.fileno(), pixels, self.offset + row * len(pixels))
        return Written(len(job))

    def resize(self, image: np.ndarray) -> np.ndarray:
        """Return uint8 RGB ``(height, width, 3)``: the pixels of ``ImageTransform.resize``, which a test compares."""
        if image.shape[:2] == (self.height, self.width):
            return image
        return np.asarray(cv2.resize(image, (self.width, self.height), interpolation=self.interpolation))


def decode(path: Path) -> np.ndarray:
    """Return a canonical image as uint8 RGB ``(H, W, 3)``.

    Raises:
        SnapshotError: the file is no readable image.
    """
    try:
        return load_image(path)
    except StoreError as e:
        hint = "restore it in ECG_HOME/images, delete the snapshot, then `ecg snapshot`"
        raise SnapshotError(path, "is no readable image", hint) from e


def end_with_parent() -> None:
    """Make this worker end when the process that started it is killed; by itself it would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)

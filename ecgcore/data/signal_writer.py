"""Reads the leads of images and writes them into a cache file. No torch here: a worker process starts fast."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ecgcore.data.cache_writer import Job, Written, decode
from ecgcore.errors import ReportError
from ecgcore.reports.page.format import LEADS
from ecgcore.reports.signals.beat_window import beat_window
from ecgcore.reports.signals.trace import signals_from_image


@dataclass(frozen=True)
class SignalWriter:
    """What a worker process runs, one job after the other. Picklable.

    Args:
        path: the file to write into.
        samples: per lead.
        offset: byte at which row 0 starts.
    """

    LEADS: ClassVar[int] = len(LEADS)

    path: Path
    samples: int
    offset: int

    def __call__(self, job: Job) -> Written:
        """Write the job's signals to their rows; the row of an image whose leads cannot be read keeps its zeros."""
        cv2.setNumThreads(1)
        unreadable: dict[int, str] = {}
        with self.path.open("r+b", buffering=0) as file:
            for row, image in job:
                try:
                    found = read_signals(decode(image), self.samples).tobytes()
                except ReportError as error:
                    unreadable[row] = f"{error.reason}: {error.rule}"
                else:
                    os.pwrite(file.fileno(), found, self.offset + row * len(found))
        return Written(len(job), unreadable)


def read_signals(picture: NDArray[np.uint8], samples: int) -> NDArray[np.float32]:
    """Return the leads of a canonical image (uint8 H x W x 3) around an R peak, float32 (12, samples), mV.

    Raises:
        ReportError: the image's shape is that of no format, its leads are not the standard twelve, or one has no trace.
    """
    signals = signals_from_image(picture)
    if signals.leads != LEADS:
        rule = (
            f"shows the leads {', '.join(signals.leads)}, and a signal model reads the standard twelve in their order"
        )
        raise ReportError("canonical image", rule, "leave this format out of the recipe's data", "wrong-leads")
    return beat_window(signals, samples)

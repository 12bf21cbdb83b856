"""A recording is what a network reads of a report: its resized pixels, or its twelve signals."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

Recording = NDArray[np.uint8] | NDArray[np.float32]


class Transform(Protocol):
    """The one way from a canonical image to a network's input. An exported model carries its own."""

    def prepare(self, picture: NDArray[np.uint8]) -> Recording:
        """Return the recording of one canonical image, uint8 H x W x 3 RGB."""
        ...

    def normalise(self, batch: torch.Tensor) -> torch.Tensor:
        """Return a batch of recordings as the float32 tensor that the network takes, on the batch's device."""
        ...

    def to_json(self) -> str:
        """Return the file that a model directory keeps of it."""
        ...

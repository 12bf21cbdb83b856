"""A rectangle of pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_BAND_ROWS = 32  # some 100 kB a channel of a page at 300 dpi


@dataclass(frozen=True)
class Box:
    """Left and top are inside, right and bottom are the first pixel outside (px, from the top left)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    def moved(self, dx: int, dy: int) -> Box:
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def grown(self, dx: int, dy: int) -> Box:
        return Box(self.left - dx, self.top - dy, self.right + dx, self.bottom + dy)

    def clipped(self, width: int, height: int) -> Box:
        """Return the part inside ``width`` x ``height``, possibly empty."""
        left, right = (min(max(v, 0), width) for v in (self.left, self.right))
        top, bottom = (min(max(v, 0), height) for v in (self.top, self.bottom))
        return Box(left, top, right, bottom)

    def inside(self, width: int, height: int) -> bool:
        """Tell whether the box is not empty and lies wholly within ``width`` x ``height``."""
        return 0 <= self.left < self.right <= width and 0 <= self.top < self.bottom <= height

    def cut(self, pixels: Pixels) -> Pixels:
        """Return the view of ``pixels`` (H, W, ...) that the box covers."""
        return pixels[self.top : self.bottom, self.left : self.right]


def bands(image: Pixels) -> Iterator[slice]:
    """Return the rows of an image in bands so low that what is computed of one stays in the processor's cache."""
    height = image.shape[0]
    return (slice(top, min(top + _BAND_ROWS, height)) for top in range(0, height, _BAND_ROWS))

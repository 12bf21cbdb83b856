"""How a PDF page's own space lies on the page that is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.file.poppler import DPI

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

Points = NDArray[np.float64]

_PX_PER_POINT = DPI / 72
_EVERYTHING = (-1e6, -1e6, 1e6, 1e6)
_ROUNDING_PX = 2  # Poppler rounds up


@dataclass(frozen=True)
class Frame:
    """The MediaBox (points, y up) and the turn (degrees, clockwise) with which Poppler shows it, whole."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    def seen(self, points: Points) -> Points:
        """Return where points (n, 2) of PDF space are seen, px at 300 dpi from the top left corner."""
        x, y = points[:, 0], points[:, 1]
        across, down = {
            0: (x - self.left, self.top - y),
            90: (y - self.bottom, x - self.left),
            180: (self.right - x, y - self.bottom),
            270: (self.top - y, self.right - x),
        }[self.rotation]
        return np.column_stack([across, down]) * _PX_PER_POINT

    def edges(self, boxes: Points) -> Points:
        """Return left, top, right and bottom (px at 300 dpi) of where rectangles of PDF space are seen.

        Args:
            boxes: (n, 4) left, bottom, right and top, points.
        """
        corners = self.seen(boxes.reshape(-1, 2)).reshape(-1, 2, 2)
        return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)

    def has_size(self, size: tuple[int, int]) -> bool:
        """Tell whether a rendering of ``size`` (width, height) px is of this frame."""
        sides = ((self.right - self.left) * _PX_PER_POINT, (self.top - self.bottom) * _PX_PER_POINT)
        wide, high = sides if self.rotation in (0, 180) else sides[::-1]
        return abs(wide - size[0]) < _ROUNDING_PX and abs(high - size[1]) < _ROUNDING_PX


def frame_of(page: PdfPage) -> Frame:
    """Return the frame of an open page, and make pdfium forget the page's CropBox, which Poppler does not follow.

    pdfium's ``get_mediabox`` knows only what stands in the page itself; a MediaBox that the page inherits is only in
    its bounding box, which the CropBox cuts.
    """
    page.set_cropbox(*_EVERYTHING)
    left, bottom, right, top = page.get_bbox()
    return Frame(left, bottom, right, top, page.get_rotation())

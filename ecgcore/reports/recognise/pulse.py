"""The calibration pulse beside the traces: a step of 1 mV, whose height is the gain that the page is drawn with."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from ecgcore.reports.page.box import Box, Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.page import Extent, Page

_MM_PER_INCH = 25.4
_INK_BELOW = 130
_HEIGHT_MM = (2.0, 45.0)  # 2.5 to 40 mm/mV, and the pen
_WIDTH_MM = (1.5, 16.0)
_WIDEST_PEN_MM = 1.0
_FILLED, _EMPTY = 0.9, 0.1  # share of an upright that is ink, of the inside that is


def pulse_heights(page: Page, fmt: ReportFormat) -> list[float]:
    """Return the heights in mm of the rectangular steps left and right of the leads; none if no margin is shown."""
    if page.extent is not Extent.PAGE:
        return []
    height, width = page.pixels.shape[:2]
    inner, rows = fmt.ecg_box, fmt.signal_box
    left = min(inner.left, rows.left)
    right = max(inner.right, rows.right)
    margins = (Box(0, inner.top, left, inner.bottom), Box(right, inner.top, width, inner.bottom))
    shown = [box.clipped(width, height) for box in margins]
    return [mm for box in shown if box.width > 0 for mm in _heights(box.cut(page.pixels), fmt)]


def _heights(margin: Pixels, fmt: ReportFormat) -> Iterator[float]:
    px = fmt.dpi / _MM_PER_INCH
    ink = (margin[..., _ink_channel(fmt)] < _INK_BELOW).view(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for number in range(1, count):
        left, top, width, height = (int(v) for v in stats[number, :4])
        if _HEIGHT_MM[0] * px <= height <= _HEIGHT_MM[1] * px and _WIDTH_MM[0] * px <= width <= _WIDTH_MM[1] * px:
            step = _step(labels[top : top + height, left : left + width] == number, _WIDEST_PEN_MM * px)
            if step is not None:
                yield step / px


def _ink_channel(fmt: ReportFormat) -> int:
    """Return the channel in which the darkest grid colour is lightest."""
    return int(np.argmax(np.min(fmt.grid_colours, axis=0))) if fmt.has_grid else 1


def _step(ink: np.ndarray, widest_pen: float) -> float | None:
    """Return how far the level top of a step lies above its feet, px; None if the ink is no step: two uprights under a
    level top with nothing between them.
    """
    top = np.flatnonzero(ink[0])
    first, last = int(top[0]), int(top[-1])
    middle = ink[:, (first + last) // 2]
    pen = int(np.argmin(middle)) if not middle.all() else len(middle)
    if pen > widest_pen or last - first < 4 * pen:
        return None
    uprights = [
        ink[:, side].any(axis=1).mean() for side in (slice(first, first + pen), slice(last - pen + 1, last + 1))
    ]
    inside = ink[pen + 1 :, first + 2 * pen : last - 2 * pen + 1]
    if min(uprights) < _FILLED or inside.size == 0 or inside.mean() > _EMPTY or inside[-1].any():
        return None  # a letter, or a frame, which is closed below
    return float(len(ink) - pen)

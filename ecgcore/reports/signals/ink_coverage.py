"""How much of every pixel the trace covers, from its colour."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat

FULL = 255
_SMOOTHING_POWER = 1.5  # Poppler's Splash paints a pixel of which a share c is covered with opacity c ** 1.5
_PAPER_FROM = 250  # red level; lighter is paper or an eightieth of a pixel of ink


def ink_coverage(box: Pixels, fmt: ReportFormat) -> Pixels:
    """Return the share of each pixel that black ink covers, as 0..255.

    Args:
        box: uint8 (H, W, 3) RGB, part of a canonical image.
        fmt: its format; where a trace ran over a grid line, its edge is a mixture with that line's colour.

    Opacity is one minus red over the red of the ground, and coverage its power 2/3. The ground is told by the ratio of
    green to red, which mixing with black leaves as it is: 1 on paper, less on a grid line.
    """
    red = cv2.extractChannel(box, 0)
    if not fmt.has_grid:
        return cv2.LUT(red, _levels(FULL))  # type: ignore[return-value]
    ink = np.zeros(red.shape, np.uint8)
    places = np.flatnonzero(red < _PAPER_FROM)
    level = red.ravel()[places].astype(np.int64)
    green = cv2.extractChannel(box, 1).ravel()[places].astype(np.int64)
    ratio = np.minimum(FULL, green * FULL // np.maximum(level, 1))
    grounds = _grounds(tuple(c[0] for c in fmt.grid_colours), tuple(c[1] for c in fmt.grid_colours))
    ink.ravel()[places] = _table()[grounds[np.where(level, ratio, FULL)], level]
    return ink


@lru_cache
def _levels(ground: int) -> Pixels:
    """Coverage by red level, shape (256,), on a ground of this red level."""
    opacity = np.clip(1 - np.arange(256) / ground, 0, 1)
    return np.rint(FULL * opacity ** (1 / _SMOOTHING_POWER)).astype(np.uint8)


@lru_cache
def _table() -> Pixels:
    """Coverage by ground and level, shape (256, 256)."""
    return np.stack([_levels(max(ground, 1)) for ground in range(256)])


@lru_cache
def _grounds(reds: tuple[int, ...], greens: tuple[int, ...]) -> Pixels:
    """Red of the ground by the ratio of green to red in 255ths, shape (256,): that of the nearest known ground."""
    known = np.array([FULL, *reds])
    ratios = np.array([FULL, *(green * FULL // max(red, 1) for red, green in zip(reds, greens, strict=True))])
    nearest = np.abs(np.arange(256)[:, None] - ratios).argmin(axis=1)
    return known[nearest].astype(np.uint8)

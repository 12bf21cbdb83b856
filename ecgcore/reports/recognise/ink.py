"""Where a page carries ink: the trace of each lead, its printed name, the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.page.box import Box, Pixels
from ecgcore.reports.page.format import ReportFormat

COLUMN_STEP = 3  # px; the columns that are looked at, dense enough to see the gaps between printed letters
_INK_BELOW = 205  # grey level of the lightest ink on white paper
_SOLID_BELOW = 130  # what a JPEG leaves of a grid is lighter, the middle of a trace is not
_GRID_GAP = 10  # levels between ink and the darkest grid colour
_EDGE_PX = 3  # a frame around a lead box is no trace
_LABEL_MARGIN = 6  # px
_ROW_STEP = 13  # px, for colours; every row crosses the upright grid lines
_TILES = (6, 10)  # rows, columns
_CHROMA = 24  # largest minus smallest channel of a colour that is not the paper's tint
_HUE_SLACK = 12  # half degrees, as OpenCV counts hue


@dataclass(frozen=True)
class Trace:
    """What a lead box holds besides the printed name.

    Args:
        coverage: share of columns with any ink, 0..1.
        single: share of the covered columns in which the ink is one piece, 0..1.
        gaps: white gaps per column looked at, 0..0.5; a trace has few, printed text many.
    """

    coverage: float
    single: float
    gaps: float


def ink_mask(box: Pixels, fmt: ReportFormat, grid_removed: bool) -> Pixels:
    """Return 0/1 uint8 (H, ceil(W / COLUMN_STEP)): where every third column has ink.

    One channel is enough: that in which the darkest grid colour is lightest.
    """
    if not fmt.has_grid:
        return np.ascontiguousarray(box[:, ::COLUMN_STEP, 1] < _INK_BELOW).view(np.uint8)
    darkest = np.min(fmt.grid_colours, axis=0)
    channel = int(np.argmax(darkest))
    below = _INK_BELOW if grid_removed else min(_INK_BELOW, int(darkest[channel]) - _GRID_GAP)
    return np.ascontiguousarray(box[:, ::COLUMN_STEP, channel] < below).view(np.uint8)


def solid_ink_mask(box: Pixels, fmt: ReportFormat) -> Pixels:
    """Return, as ``ink_mask`` does for a box without its lossy grid, the ink that is too dark to be the grid's rest."""
    if not fmt.has_grid:
        return ink_mask(box, fmt, grid_removed=True)
    return np.ascontiguousarray(box[:, ::COLUMN_STEP, 1] < _SOLID_BELOW).view(np.uint8)


def without_labels(ink: Pixels, labels: Mapping[str, Box]) -> Pixels:
    """Return the ink without that of the printed names."""
    ink = ink.copy()
    for label in labels.values():
        _columns(label.grown(_LABEL_MARGIN, _LABEL_MARGIN), ink).cut(ink)[...] = 0
    return ink


def find_traces(ink: Pixels, leads: Mapping[str, Box]) -> dict[str, Trace]:
    """Measure the ink of every lead box."""
    return {lead: _measure(_columns(box.grown(0, -_EDGE_PX), ink).cut(ink)) for lead, box in leads.items()}


def complete_share(ink: Pixels, stacked: Sequence[Box]) -> float:
    """Return the share of columns with at least as many pieces of ink as boxes stand above each other there, 0..1.

    A trace that wandered out of its box is still a piece of ink; a missing one is not, wherever its neighbours are, and
    neither are the specks of a single row that a JPEG leaves beside a steep trace.
    """
    band = Box(stacked[0].left, min(b.top for b in stacked), stacked[0].right, max(b.bottom for b in stacked))
    inside = _columns(band, ink).cut(ink)
    return float((_pieces(inside[:-1] & inside[1:]) >= len(stacked)).mean())


def find_labels(ink: Pixels, labels: Mapping[str, Box], margin: tuple[int, int], least: int) -> set[str]:
    """Return the leads with at least ``least`` ink pixels within ``margin`` (px) of their label's rectangle."""
    windows = {lead: _columns(box.grown(*margin), ink).cut(ink) for lead, box in labels.items()}
    return {lead for lead, window in windows.items() if int(window.sum()) * COLUMN_STEP >= least}


def grid_share(box: Pixels, fmt: ReportFormat) -> float:
    """Return the share of tiles (6 x 10) of the box in which at least 1 % has a hue of the grid's range, 0..1."""
    rows = box[::_ROW_STEP]
    hue = cv2.cvtColor(rows, cv2.COLOR_RGB2HSV)[..., 0]
    low, high = _hue_range(fmt)
    tinted = (coloured(rows) & _is_between(low, high)[hue]).astype(np.float32)
    tiles = cv2.resize(tinted, _TILES[::-1], interpolation=cv2.INTER_AREA)
    return float((tiles >= 0.01).mean())


def colour_share(box: Pixels) -> float:
    """Return the share of pixels with a clear colour, 0..1."""
    return float(coloured(box[::_ROW_STEP]).mean())


def coloured(rows: Pixels) -> NDArray[np.bool_]:
    """Return which pixels of uint8 (H, W, 3) have a clear colour."""
    red, green, blue = cv2.split(rows)
    largest, smallest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return cv2.subtract(largest, smallest) >= _CHROMA


def _hue_range(fmt: ReportFormat) -> tuple[int, int]:
    """Return the hues (half degrees) that the grid colours span, with slack; they may wrap around red."""
    colours = np.array([fmt.grid_colours], np.uint8)
    hues = cv2.cvtColor(colours, cv2.COLOR_RGB2HSV)[0, :, 0].astype(int)
    signed = (hues + 90) % 180 - 90
    return int(signed.min()) - _HUE_SLACK, int(signed.max()) + _HUE_SLACK


def _is_between(low: int, high: int) -> NDArray[np.bool_]:
    """Return for every hue 0..255 whether it lies between two hues, going upwards around the circle of 180."""
    return (np.arange(256) - low) % 180 <= (high - low) % 180


def _columns(box: Box, ink: Pixels) -> Box:
    """Return where a box of full pixels lies in the mask of every third column."""
    left, right = -(-box.left // COLUMN_STEP), -(-box.right // COLUMN_STEP)
    return Box(left, box.top, right, box.bottom).clipped(ink.shape[1], ink.shape[0])


def _pieces(ink: Pixels) -> NDArray[np.int32]:
    """Return the number of separate pieces of ink in each column."""
    return ink[0].astype(np.int32) + (ink[1:] > ink[:-1]).sum(axis=0, dtype=np.int32)


def _measure(ink: Pixels) -> Trace:
    starts = _pieces(ink)
    covered = starts > 0
    count = int(covered.sum())
    single = float((starts == 1).sum() / count) if count else 0.0
    gaps = float((covered[:-1] & ~covered[1:]).sum() / covered.size)
    return Trace(count / covered.size, single, gaps)

"""The canonical image: what models see, whichever machine printed the page."""

from __future__ import annotations

import cv2
import numpy as np

from ecgcore.reports.page.box import Pixels, bands
from ecgcore.reports.page.format import ReportFormat

WHITE = 255
_LOSSY_CHROMA = 24  # JPEG and resampling bend a grid colour by more than its tolerance, but leave it coloured
_LOSSY_PAPER = 200  # and leave shadows of it on the paper, lighter than any trace


def canonical_image(page: Pixels, fmt: ReportFormat) -> Pixels:
    """Return the canonical image of a whole page that was rendered without loss.

    Args:
        page: uint8 (H, W, 3) RGB, the whole page at ``fmt.dpi``.
        fmt: its format.

    Returns:
        uint8 RGB of ``fmt.canonical_size``. Without ``canonical_columns`` the ECG box as it is. Else the ECG box with
        every pixel that is within ``grid_tolerance`` per channel of a grid colour painted white, then cut into the
        lead boxes, which are stacked column by column in canonical order.
    """
    return np.array(arrange(remove_grid(fmt.ecg_box.cut(page), fmt), fmt))


def arrange(box: Pixels, fmt: ReportFormat) -> Pixels:
    """Stack the lead boxes of a cleaned ECG box (H, W, 3) as the format says; the box itself if it is not stacked."""
    if fmt.canonical_columns is None:
        return box
    width, height = fmt.canonical_size
    stacked = np.full((height, width, 3), WHITE, np.uint8)
    places = fmt.canonical_leads
    for lead in fmt.leads:
        places[lead].cut(stacked)[...] = fmt.lead_boxes[lead].cut(box)
    return stacked


def remove_grid(box: Pixels, fmt: ReportFormat) -> Pixels:
    """Paint white what is a grid colour to within the tolerance; returns ``box`` itself if there is no grid."""
    if not fmt.has_grid:
        return box
    cleaned = np.empty(box.shape, np.uint8)
    for rows in bands(box):
        cleaned[rows] = _painted(box[rows], grid_mask(box[rows], fmt))
    return cleaned


def grid_mask(box: Pixels, fmt: ReportFormat) -> Pixels:
    """Return uint8 (H, W): 255 where every channel is within the tolerance of one grid colour, else 0."""
    mask = np.zeros(box.shape[:2], np.uint8)
    planes = cv2.split(box)
    for colour in fmt.grid_colours:
        near = [_near(plane, level, fmt.grid_tolerance) for plane, level in zip(planes, colour, strict=True)]
        cv2.bitwise_or(mask, cv2.bitwise_and(cv2.bitwise_and(near[0], near[1]), near[2]), mask)
    return mask


def _near(plane: cv2.typing.MatLike, level: int, tolerance: int) -> cv2.typing.MatLike:
    """Plane by plane is twice as fast as three channels at once."""
    return cv2.inRange(plane, (level - tolerance,), (level + tolerance,))


def remove_lossy_grid(box: Pixels, fmt: ReportFormat) -> Pixels:
    """Paint the grid white in a picture that JPEG or resampling has changed.

    There a grid colour is no longer within the tolerance. So everything with a clear colour (largest minus smallest
    channel at least 24) is painted white, and so is what is nearly as light as paper (smallest channel at least 200);
    a trace is neither. Pictures without loss never come here.
    """
    if not fmt.has_grid:
        return box
    red, green, blue = cv2.split(box)
    smallest = cv2.min(cv2.min(red, green), blue)
    chroma = cv2.subtract(cv2.max(cv2.max(red, green), blue), smallest)
    grid = cv2.inRange(chroma, (_LOSSY_CHROMA,), (WHITE,))
    paper = cv2.inRange(smallest, (_LOSSY_PAPER,), (WHITE,))
    return _painted(box, cv2.bitwise_or(grid, paper))  # type: ignore[arg-type]


def _painted(box: Pixels, mask: Pixels) -> Pixels:
    return cv2.bitwise_or(box, cv2.merge((mask, mask, mask)))  # type: ignore[return-value]

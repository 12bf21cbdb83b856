"""How far apart the lines of the grid are drawn: one or five millimetres on the paper of an ECG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.recognise.ink import coloured

MM_PER_INCH = 25.4
_STEP = 97  # px between the rows, or columns, that are looked at; no multiple of a square
_HEIGHT = 800  # px that are looked at from top to bottom; thirteen large squares
_NEAREST, _FURTHEST = 4, 100  # px; distances of lines that are looked for
_CLEAR = 0.3  # of the largest correlation possible; below, no lines are to be seen
_STRONG = 0.75  # of the largest correlation found
_SLACK = 1.5  # px; lines are drawn on whole pixels
_JPEG_BLOCK = 8  # px
DISTANCES_MM = (1, 5)  # of the lines of the paper


def strange_pitch(box: Pixels, fmt: ReportFormat, exact: bool = True) -> float | None:
    """Return the distance in px of the lines of a grid that is not drawn in millimetres; None if it is, or is not seen.

    The grid's lines are found as the distances at which the colour of the box, averaged along it, is most like itself.

    Args:
        box: the ECG box with its grid, uint8 (H, W, 3).
        fmt: says what a millimetre is.
        exact: whether the pixels are as they were drawn; else distances of whole JPEG blocks say nothing.
    """
    across = (coloured(box[::_STEP]), coloured(box[:_HEIGHT, ::_STEP]).transpose())
    found = [_strange(_strong_distances(shown.mean(axis=0), exact), fmt.dpi / MM_PER_INCH) for shown in across]
    return next((pitch for pitch in found if pitch is not None), None)


def _strange(strong: NDArray[np.float64], px_per_mm: float) -> float | None:
    if not strong.size:
        return None
    multiples = strong / px_per_mm
    off = np.abs(multiples - np.maximum(np.round(multiples), 1)) * px_per_mm > _SLACK
    usual = any(np.abs(strong - mm * px_per_mm).min() <= _SLACK for mm in DISTANCES_MM)
    return None if usual and not off.any() else float(strong[off][0] if off.any() else strong[0])


def _strong_distances(profile: NDArray[np.float64], exact: bool) -> NDArray[np.float64]:
    """Return the distances, px, at which the profile is most like itself, upwards; none if it is so at no distance."""
    centred = profile - profile.mean()
    if len(centred) <= _FURTHEST or not centred.any():
        return np.empty(0)
    alike = np.array([centred[: len(centred) - shift] @ centred[shift:] for shift in range(_FURTHEST + 2)])
    alike /= alike[0]
    inner = alike[_NEAREST:-1]
    peak = (inner >= alike[_NEAREST - 1 : -2]) & (inner > alike[_NEAREST + 1 :])
    largest = inner[peak].max(initial=0.0)
    strong = peak & (inner >= _STRONG * largest) if largest >= _CLEAR else np.zeros_like(peak)
    found = np.flatnonzero(strong) + _NEAREST
    return np.asarray(found if exact else found[found % _JPEG_BLOCK > 0], np.float64)

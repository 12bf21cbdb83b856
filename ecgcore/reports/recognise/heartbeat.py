"""The heart rate that the drawing shows at the format's speed, from where its ink stands steep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecgcore.reports.recognise.course import Course, Floats

_REFRACTORY_S = 0.25
_SHARE = 0.4  # of the steepest complex
_LEAST_INTERVALS = 3
_REGULAR = 0.15  # largest relative difference between the quartiles of the intervals and their middle


@dataclass(frozen=True)
class Heartbeat:
    """Args:
    rate: beats per minute, the median over all intervals within a column of leads.
    width_s: how long the ink of a complex stands more than half as steep as at its steepest, the median, s.
    """

    rate: float
    width_s: float


def heartbeat(courses: Sequence[Course]) -> Heartbeat | None:
    """Return the drawn heart beat, or None where the beats are too few or not regular."""
    intervals: list[float] = []
    widths: list[float] = []
    for course in courses:
        steep = _steepness(course)
        beats = _beats(steep, course.rate_hz)
        intervals += np.diff(beats).tolist()
        widths += [_width(steep, beat) for beat in beats]
    if len(intervals) < _LEAST_INTERVALS:
        return None
    low, middle, high = np.quantile(intervals, (0.25, 0.5, 0.75))
    if max(high - middle, middle - low) > _REGULAR * middle:
        return None
    rate_hz = courses[0].rate_hz
    return Heartbeat(60 * rate_hz / float(middle), float(np.median(widths)) / rate_hz)


def _steepness(course: Course) -> Floats:
    """Return the ink of each column above that of level traces, averaged over three columns."""
    above = np.maximum(course.ink - np.median(course.ink), 0)
    return np.convolve(above, np.ones(3) / 3, "same")


def _beats(steep: Floats, rate_hz: float) -> list[int]:
    """Return the steepest column of each complex, left to right."""
    if not steep.size:
        return []
    least, quiet = _SHARE * float(steep.max()), round(_REFRACTORY_S * rate_hz)
    found: list[int] = []
    for at in np.argsort(-steep, kind="stable"):
        if steep[at] < least or steep[at] <= 0:
            break
        if all(abs(int(at) - other) > quiet for other in found):
            found.append(int(at))
    return sorted(found)


def _width(steep: Floats, beat: int) -> int:
    low = np.flatnonzero(steep < steep[beat] / 2)
    before, after = low[low < beat], low[low > beat]
    left = int(before[-1]) if before.size else -1
    right = int(after[0]) if after.size else len(steep)
    return right - left - 1

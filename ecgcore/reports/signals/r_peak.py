"""R peaks of simultaneous leads, after Christov, BioMedical Engineering OnLine 2004;3:28 (his first algorithm)."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MAINS_S, _MUSCLE_S, _SLOPE_S = 0.020, 0.028, 0.040  # lengths of the moving averages
_REFRACTORY_S, _DECAYED_S = 0.200, 1.200  # after a detection: none before, M falls until
_SHARE, _DECAYED = 0.6, 0.6  # M is 0.6 of the largest slope and falls to 0.6 of itself
_STEEPEST, _TAMED = 1.5, 1.1  # a slope threshold above 1.5 of the last counts as 1.1 of it
_REMEMBERED = 5  # slopes and RR intervals
_FIRST_S = 5.0  # of the record, from which M starts
_INTEGRAL_S, _EDGE_S, _INTEGRAL_DIVISOR = 0.350, 0.050, 150.0  # of F
_EXPECTED_FROM, _SLOWER = 2 / 3, 1.4  # of R
_SEARCH_S = 0.08  # around the steepest slope, where the peak is
_LEAST_MV = 0.05  # a complex smaller than this in every lead is no QRS


def find_r_peaks(millivolts: Floats, rate_hz: float) -> Floats:
    """Return the times of the R peaks in s from the first sample, ascending.

    Args:
        millivolts: (leads, n) simultaneous and finite, in mV.
        rate_hz: samples per second.

    A complex is detected where the mean slope of the leads exceeds the adaptive threshold M + F + R. A tall P wave can
    exceed it before a flat QRS does, so the complex is where the slope is largest in the 200 ms after the detection,
    and its R peak is the largest sum over the leads of the absolute distance from the lead's median within 80 ms of it.
    """
    if millivolts.shape[1] < round((_INTEGRAL_S + _REFRACTORY_S) * rate_hz):
        return np.zeros(0)
    height = np.abs(millivolts - np.median(millivolts, axis=1, keepdims=True))
    slope, quiet = _complex_lead(millivolts, rate_hz), round(_REFRACTORY_S * rate_hz)
    steepest = [at + int(slope[at : at + quiet].argmax()) for at in _Thresholds(slope, rate_hz).detections()]
    peaks = [_peak(height.sum(axis=0), at, round(_SEARCH_S * rate_hz)) for at in steepest]
    peaks = [at for at in dict.fromkeys(peaks) if height[:, at].max() >= _LEAST_MV]
    return np.array(peaks, float) / rate_hz


def _peak(height: Floats, at: int, reach: int) -> int:
    first = max(0, at - reach)
    return first + int(height[first : at + reach + 1].argmax())


def _complex_lead(millivolts: Floats, rate_hz: float) -> Floats:
    """Christov's Y: the mean over the leads of the absolute slope, smoothed before and after."""
    smooth = millivolts
    for seconds in (_MAINS_S, _MUSCLE_S):
        smooth = _moving_average(smooth, round(seconds * rate_hz))
    slope = np.zeros_like(smooth)
    slope[:, 1:-1] = np.abs(smooth[:, 2:] - smooth[:, :-2])
    return _moving_average(slope.mean(axis=0, keepdims=True), round(_SLOPE_S * rate_hz))[0]


def _moving_average(values: Floats, length: int) -> Floats:
    """Centred, so that nothing is delayed; the ends are repeated."""
    before = (length - 1) // 2
    padded = np.pad(values, ((0, 0), (before + 1, length - 1 - before)), mode="edge")
    padded[:, 0] = 0.0
    sums = np.cumsum(padded, axis=1)
    return np.asarray((sums[:, length:] - sums[:, :-length]) / length)


class _Thresholds:
    """The three parts of the threshold, moving along the complex lead."""

    def __init__(self, slope: Floats, rate_hz: float) -> None:
        self.slope, self.rate = slope, rate_hz
        start = _SHARE * float(slope[: round(_FIRST_S * rate_hz)].max())
        self.steep: deque[float] = deque([start] * _REMEMBERED, _REMEMBERED)
        self.intervals: deque[int] = deque(maxlen=_REMEMBERED)
        self.found: list[int] = []
        self.integral = _integral(slope, rate_hz)

    def detections(self) -> list[int]:
        """Return the samples at which the complex lead first exceeds the threshold."""
        quiet, free = round(_REFRACTORY_S * self.rate), 0
        while free < len(self.slope):
            exceeds = self.slope[free:] >= self._threshold(free)
            if not exceeds.any():
                break
            at = free + int(exceeds.argmax())
            self._learn(at, quiet)
            free = at + quiet
        return self.found

    def _learn(self, at: int, quiet: int) -> None:
        newest, last = _SHARE * float(self.slope[at : at + quiet].max()), self.steep[-1]
        self.steep.append(_TAMED * last if newest > _STEEPEST * last else newest)
        if self.found:
            self.intervals.append(at - self.found[-1])
        self.found.append(at)

    def _threshold(self, first: int) -> Floats:
        """Return M + F + R from a sample on, as they are until the next detection."""
        mean = sum(self.steep) / len(self.steep)
        if not self.found:
            return mean + self.integral[first:]
        since = np.arange(first, len(self.slope)) - self.found[-1]
        falling = (since / self.rate - _REFRACTORY_S) / (_DECAYED_S - _REFRACTORY_S)
        return mean * (1 - (1 - _DECAYED) * np.clip(falling, 0, 1)) + self.integral[first:] + self._r(mean, since)

    def _r(self, mean: float, since: NDArray[np.int64]) -> Floats:
        """0 until two thirds of the expected interval, then falling 1.4 times slower than M until its end."""
        if not self.intervals:
            return np.zeros(len(since))
        expected = sum(self.intervals) / len(self.intervals)
        per_sample = mean * (1 - _DECAYED) / ((_DECAYED_S - _REFRACTORY_S) * self.rate) / _SLOWER
        return -per_sample * np.maximum(np.minimum(since, expected) - _EXPECTED_FROM * expected, 0.0)


def _integral(slope: Floats, rate_hz: float) -> Floats:
    """F: rises while the slopes of the latest 50 ms of a 350 ms window exceed those of its earliest 50 ms."""
    window, edge = round(_INTEGRAL_S * rate_hz), round(_EDGE_S * rate_hz)
    views = np.lib.stride_tricks.sliding_window_view(slope, edge).max(axis=1)
    change = np.zeros(len(slope))
    change[window:] = views[window - edge + 1 : len(slope) - edge + 1] - views[1 : len(slope) - window + 1]
    return np.asarray(slope[:window].mean() + np.cumsum(change) / _INTEGRAL_DIVISOR)

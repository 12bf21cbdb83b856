"""The same two seconds of every lead around an R peak: what the 1D models see."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.signals.lead_signals import LeadSignals
from ecgcore.reports.signals.r_peak import Floats, find_r_peaks

BEFORE_S, AFTER_S = 0.5, 1.5
_PLACES = 6  # decimals of a sample number; the rest is rounding


@dataclass(frozen=True)
class BeatWindow:
    """Two seconds of every lead.

    Args:
        millivolts: float32 (12, samples), mV from the lead's median; 0 where nothing is drawn.
        peaks_s: time of the R peak in the record for each lead; NaN where none was found.
        filled: share of each lead's window in which nothing is drawn, 0..1.
    """

    millivolts: NDArray[np.float32] = field(repr=False)
    peaks_s: tuple[float, ...]
    filled: tuple[float, ...]


def beat_window(signals: LeadSignals, samples: int = 200) -> NDArray[np.float32]:
    """Return float32 (12, samples) in mV: -0.5 to +1.5 s around an R peak. See ``cut_window``."""
    return cut_window(signals, samples).millivolts


def cut_window(signals: LeadSignals, samples: int = 200) -> BeatWindow:
    """Cut the window out of every lead.

    Leads that stand above each other on the page are simultaneous and share an R peak: the first whose window is drawn
    to its ends, else the one of which most is drawn. Other columns of the page show another time, so they have a peak
    of their own. Where no R peak is found, the window starts with the column, as if a peak were 0.5 s after it.
    From each lead the median of what is drawn of it is taken off; what is not drawn is 0. Sample ``i`` is
    ``2 i / samples - 0.5`` s from the peak, interpolated between the signals' samples.

    Raises:
        ValueError: ``samples`` is not positive.
    """
    if samples < 1:
        raise ValueError(f"samples must be positive, is {samples}")
    cut = np.zeros((len(signals.leads), samples), np.float32)
    peaks = np.full(len(signals.leads), np.nan)
    filled = np.ones(len(signals.leads))
    offsets = np.arange(samples) * (BEFORE_S + AFTER_S) / samples - BEFORE_S
    for column in sorted(set(signals.columns)):
        members = np.flatnonzero(np.array(signals.columns) == column)
        start, peak = _column_peak(signals.millivolts[members], signals.rate_hz)
        peaks[members] = peak
        middle = start + BEFORE_S if np.isnan(peak) else peak
        for lead in members:
            cut[lead], filled[lead] = _cut(signals.millivolts[lead], (middle + offsets) * signals.rate_hz)
    return BeatWindow(cut, tuple(peaks.tolist()), tuple(filled.tolist()))


def _column_peak(millivolts: Floats, rate_hz: float) -> tuple[float, float]:
    """Return when the leads start and the time of their R peak, NaN if there is none; s."""
    drawn = np.flatnonzero(np.isfinite(millivolts).any(axis=0))
    if not len(drawn):
        return 0.0, np.nan
    first, last = int(drawn[0]), int(drawn[-1])
    peaks = find_r_peaks(_bridged(millivolts[:, first : last + 1]), rate_hz)
    if not len(peaks):
        return first / rate_hz, np.nan
    length = (last - first) / rate_hz
    missing = np.maximum(BEFORE_S - peaks, 0) + np.maximum(peaks + AFTER_S - length, 0)
    return first / rate_hz, first / rate_hz + float(peaks[int(missing.argmin())])


def _bridged(millivolts: Floats) -> Floats:
    """Return the leads with straight lines across what is not drawn; a lead without any trace is 0."""
    out = np.zeros_like(millivolts)
    places = np.arange(millivolts.shape[1])
    for lead, values in enumerate(millivolts):
        known = np.isfinite(values)
        if known.any():
            out[lead] = np.interp(places, places[known], values[known])
    return out


def _cut(values: Floats, places: Floats) -> tuple[NDArray[np.float32], float]:
    """Return the values at fractional samples, and the share of them at which nothing is drawn."""
    places = np.round(places, _PLACES)
    inside = (places >= 0) & (places <= len(values) - 1)
    low = np.clip(np.floor(places).astype(int), 0, len(values) - 1)
    high, part = np.minimum(low + 1, len(values) - 1), places - low
    found = np.where(part > 0, (1 - part) * values[low] + part * values[high], values[low])
    known = inside & np.isfinite(found)
    if not known.any():
        return np.zeros(len(places), np.float32), 1.0
    return np.where(known, found - np.nanmedian(values), 0).astype(np.float32), float(1 - known.mean())

"""Signals from the pixels of a canonical image, which is all that a snapshot keeps of a report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat, known_formats
from ecgcore.reports.page.reason import Reason, RefusalError
from ecgcore.reports.signals.centreline import courses, seen_edges
from ecgcore.reports.signals.follow import find_levels, follow, without_shared
from ecgcore.reports.signals.ink_coverage import ink_coverage
from ecgcore.reports.signals.ink_runs import Floats, find_runs
from ecgcore.reports.signals.lead_signals import RATE_HZ, LeadQuality, LeadSignals, Millivolts, SignalSource
from ecgcore.reports.signals.legibility import legibility
from ecgcore.reports.signals.stretch import find_stretches
from ecgcore.reports.signals.strip import Strip, canonical_strips

_LEAST_INK = 64  # of 255; a pixel with less is not followed


def signals_from_image(image: Pixels) -> LeadSignals:
    """Read the leads from a canonical image.

    Args:
        image: uint8 (H, W, 3) RGB as ``canonical_image`` makes it; its shape tells the format.

    Returns:
        Signals at 500 Hz over the record's whole time, NaN outside of each lead's part of it and in gaps.

    Raises:
        RefusalError: a ReportError; the shape is that of no known format, or leads, which are named, have no trace.
    """
    fmt = _format_of(image)
    millivolts = np.full((len(fmt.leads), round(fmt.columns * fmt.seconds_per_lead * RATE_HZ)), np.nan)
    quality: list[LeadQuality] = []
    for strip in canonical_strips(fmt):
        rows, measured = _read_strip(strip.box.cut(image), strip, fmt)
        quality += measured
        first = fmt.leads.index(strip.leads[0])
        millivolts[first : first + len(rows)] = [
            _sampled(row, zero, strip, fmt, millivolts.shape[1]) for row, zero in zip(rows, strip.zeros, strict=True)
        ]
    _check_drawn(quality)
    return LeadSignals(fmt.leads, millivolts, RATE_HZ, SignalSource.PIXELS, tuple(quality), fmt.lead_columns)


def _format_of(image: Pixels) -> ReportFormat:
    for fmt in known_formats():
        if image.dtype == np.uint8 and image.shape == (*fmt.canonical_size[::-1], 3):
            return fmt
    raise RefusalError("canonical image", Reason.WRONG_GEOMETRY, f"{image.dtype} array of shape {image.shape}")


def _check_drawn(quality: Sequence[LeadQuality]) -> None:
    empty = [q.lead for q in quality if not q.covered]
    if empty:
        raise RefusalError("canonical image", Reason.EMPTY_LEAD, ", ".join(empty))


def _read_strip(box: Pixels, strip: Strip, fmt: ReportFormat) -> tuple[Floats, list[LeadQuality]]:
    """Return the y of each lead's trace by column, shape (leads, width), NaN where there is none."""
    height, width = box.shape[:2]
    runs = find_runs(ink_coverage(box, fmt), _LEAST_INK)
    if not len(runs):
        return np.full((len(strip.leads), width), np.nan), [LeadQuality(lead, 0.0) for lead in strip.leads]
    levels = find_levels(runs, width, strip.zeros)
    paths = without_shared(follow(find_stretches(runs, height), levels, width), runs, levels)
    rows = courses(paths, runs, seen_edges(paths, runs, strip.labels))
    return rows, legibility(paths, runs, strip.leads, strip.labels, height, fmt.px_per_s)


def _sampled(row: Floats, zero: float, strip: Strip, fmt: ReportFormat, samples: int) -> Millivolts:
    """Return mV at the record's samples; a column stands for the time of its middle."""
    known = np.isfinite(row)
    if not known.any():
        return np.full(samples, np.nan)
    place = (np.arange(samples) / RATE_HZ - strip.start_s) * fmt.px_per_s + strip.left - 0.5
    columns = np.arange(len(row))
    out = np.interp(place, columns[known], (zero - row[known]) / fmt.px_per_mV, left=np.nan, right=np.nan)
    nearest = np.clip(np.rint(place), 0, len(row) - 1).astype(int)
    return np.where(known[nearest], out, np.nan)

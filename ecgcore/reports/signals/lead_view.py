"""The extracted leads drawn over the canonical image, for a person to check."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ecgcore.reports.file.image_store import check_png_path, write_atomically
from ecgcore.reports.file.png import encode_png
from ecgcore.reports.page.box import Box, Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.limits import DEFAULT_LIMITS, Limits
from ecgcore.reports.report import Report
from ecgcore.reports.signals.beat_window import AFTER_S, BEFORE_S, cut_window
from ecgcore.reports.signals.choice import Choice
from ecgcore.reports.signals.extract import read_signals
from ecgcore.reports.signals.lead_signals import LeadQuality, LeadSignals
from ecgcore.reports.signals.strip import Strip, canonical_strips

_PALE = 0.35  # of the ink's darkness is left
_TRACES = ((200, 30, 30), (20, 90, 190))  # RGB, by turns from row to row
_WINDOW, _PEAK, _WORDS = (236, 243, 250), (120, 165, 210), (70, 70, 70)
_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.85
_SHIFT = 4  # bits of a px's fraction that OpenCV draws with
_NOTED = 0.01  # share from which a fault is written beside the lead


def view_leads(
    path: Path, out: Path, choice: Choice = Choice.AUTO, limits: Limits = DEFAULT_LIMITS
) -> tuple[Report, LeadSignals]:
    """Write a PNG: the canonical image, pale, with the course of each lead over it, and return report and signals.

    The band behind a lead is its beat window, the upright line its R peak; faults are noted at its lower right.

    Raises:
        RefusalError: the file cannot be used.
        StoreError: ``out`` is no name of a PNG, or cannot be written.
    """
    check_png_path(out)
    report, signals = read_signals(path, choice, limits)
    write_atomically(out, encode_png(draw_leads(report.image, report.format, signals)))
    return report, signals


def draw_leads(image: Pixels, fmt: ReportFormat, signals: LeadSignals) -> Pixels:
    """Return a copy of the canonical image with the leads drawn over it, uint8 (H, W, 3) RGB."""
    canvas = (255 - (255 - image.astype(np.float32)) * _PALE).astype(np.uint8)
    peaks = cut_window(signals).peaks_s
    for strip in canonical_strips(fmt):
        for row, lead in enumerate(strip.leads):
            i = signals.leads.index(lead)
            box = fmt.canonical_leads[lead]
            _draw_window(canvas, box, strip, peaks[i], fmt)
            _draw_trace(strip.box.cut(canvas), signals.millivolts[i], signals.rate_hz, strip, row, fmt)
            _write_note(canvas, box, signals.quality[i])
    return canvas


def _draw_window(canvas: Pixels, box: Box, strip: Strip, peak_s: float, fmt: ReportFormat) -> None:
    if np.isnan(peak_s):
        return
    left, at, right = (
        round(strip.box.left + strip.left + (peak_s + d - strip.start_s) * fmt.px_per_s)
        for d in (-BEFORE_S, 0.0, AFTER_S)
    )
    band = Box(max(left, box.left + 6), box.top + 6, min(right, box.right - 6), box.bottom - 6)
    np.minimum(band.cut(canvas), np.array(_WINDOW, np.uint8), out=band.cut(canvas))
    line = Box(at, band.top, at + 2, band.bottom)
    np.minimum(line.cut(canvas), np.array(_PEAK, np.uint8), out=line.cut(canvas))


def _draw_trace(part: Pixels, values: np.ndarray, rate_hz: float, strip: Strip, row: int, fmt: ReportFormat) -> None:
    known = np.flatnonzero(np.isfinite(values))
    x = strip.left + (known / rate_hz - strip.start_s) * fmt.px_per_s - 0.5
    y = strip.zeros[row] - values[known] * fmt.px_per_mV - 0.5
    points = np.rint(np.column_stack([x, y]) * 2**_SHIFT).astype(np.int32)
    pieces = np.split(points, np.flatnonzero(np.diff(known) > 1) + 1)
    canvas = np.ascontiguousarray(part)
    cv2.polylines(canvas, pieces, False, _TRACES[row % len(_TRACES)], 2, cv2.LINE_AA, _SHIFT)
    part[...] = canvas


def _write_note(canvas: Pixels, box: Box, quality: LeadQuality) -> None:
    words = note_of(quality)
    if words:
        (width, _), _ = cv2.getTextSize(words, _FONT, _FONT_SCALE, 1)
        place = (box.right - width - 12, box.bottom - 14)
        cv2.putText(canvas, words, place, _FONT, _FONT_SCALE, _WORDS, 1, cv2.LINE_AA)


def note_of(quality: LeadQuality) -> str:
    """Return what is wrong with a lead in a few words; empty if less than 1 % of it is."""
    shares = (("missing", 1 - quality.covered), ("overlap", quality.overlap), ("print", quality.text))
    parts = [f"{name} {share:.0%}" for name, share in (*shares, ("clipped", quality.clipped)) if share >= _NOTED]
    return ", ".join(parts)

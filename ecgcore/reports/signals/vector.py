"""Signals from the paths of a PDF, which hold the samples as the machine wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np

from ecgcore.reports.file.pdf_frame import Points
from ecgcore.reports.file.pdf_path import dark_strokes
from ecgcore.reports.file.source import Kind, Source, read_source
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.limits import DEFAULT_LIMITS, Limits
from ecgcore.reports.page.reason import Reason, RefusalError
from ecgcore.reports.report import report_of
from ecgcore.reports.signals.lead_signals import RATE_HZ, LeadQuality, LeadSignals, Millivolts, SignalSource

_BACKWARD_PX = 0.5  # a trace never runs back by more
_ONE_COLUMN = 1.2  # a path no wider than this many columns is drawn for one of them
_GAP_PX = 3.0  # pieces that are farther apart leave a gap
_ROUNDING_S = 5e-4  # writers round to hundredths of a px or points; a sample so near to an end is its
_LEAST_PX = 2.0  # a shorter path is a tick or a dot
_LEAST_COVERED = 0.3  # of a lead's time, as for pixels; less is no trace
_MOST_TWICE = 0.05  # of a lead's time that may be drawn twice; with more, one cannot tell which is the trace


def signals_from_pdf(path: Path | str, limits: Limits = DEFAULT_LIMITS) -> LeadSignals:
    """Read the twelve leads from the paths of a PDF; see ``LeadSignals``.

    Raises:
        RefusalError: the file is no report that can be used (as ``read_report`` says), is no PDF, or its paths do not
            show every lead (``no-vector-trace``).
    """
    source = read_source(Path(path), limits)
    fmt = report_of(source, limits).format
    return signals_from_paths(source, fmt, limits)


def signals_from_paths(source: Source, fmt: ReportFormat, limits: Limits) -> LeadSignals:
    """Do what ``signals_from_pdf`` does with a file of known format, which Poppler has rendered.

    A lead's trace are the dark paths in its column of the page that never run back and whose median height is nearest
    to its row's 0 mV; what is nearest to a row below the last one is the rhythm strip.

    Raises:
        RefusalError: it is no PDF, too much is drawn, or a lead has no path, or several at the same time.
    """
    if source.kind() is not Kind.PDF:
        raise RefusalError(source.name, Reason.NO_VECTOR_TRACE, "it is a picture")
    pieces = _by_lead(dark_strokes(source, limits), fmt)
    samples = round(fmt.columns * fmt.seconds_per_lead * RATE_HZ)
    millivolts = np.full((len(fmt.leads), samples), np.nan)
    missing = []
    for i, lead in enumerate(fmt.leads):
        row = _sampled(pieces[lead], i // fmt.rows, i % fmt.rows, fmt, samples)
        if row is None:
            missing.append(lead)
        else:
            millivolts[i] = row
    if missing:
        raise RefusalError(source.name, Reason.NO_VECTOR_TRACE, ", ".join(missing))
    quality = tuple(_quality(lead, millivolts[i], fmt) for i, lead in enumerate(fmt.leads))
    return LeadSignals(fmt.leads, millivolts, RATE_HZ, SignalSource.VECTOR, quality, fmt.lead_columns)


def _by_lead(strokes: Iterable[Points], fmt: ReportFormat) -> dict[str, list[Points]]:
    """Return the pieces of each lead's trace, px inside the signal box, from left to right."""
    found: dict[str, list[Points]] = {lead: [] for lead in fmt.leads}
    origin = np.array([fmt.signal_box.left, fmt.signal_box.top])
    for stroke in strokes:
        points = stroke - origin
        if _is_trace(points):
            for column, piece in _by_column(points, fmt):
                row = _row_of(piece, fmt)
                if row is not None:
                    found[fmt.leads[column * fmt.rows + row]].append(piece)
    for pieces in found.values():
        pieces.sort(key=lambda piece: float(piece[0, 0]))
    return found


def _is_trace(points: Points) -> bool:
    return bool(np.isfinite(points).all()) and bool(
        np.diff(points[:, 0]).min() >= -_BACKWARD_PX and points[-1, 0] - points[0, 0] >= _LEAST_PX
    )


def _by_column(points: Points, fmt: ReportFormat) -> list[tuple[int, Points]]:
    """Cut a path at the columns of the page.

    A machine that draws lead by lead may draw a little more than the column is wide, which belongs to no other lead.
    """
    edges = np.array([*fmt.trace_starts, fmt.trace_starts[-1] + fmt.seconds_per_lead * fmt.px_per_s + 1])
    widest = np.diff(edges).max()
    inside = [(points[:, 0] >= left - 0.5) & (points[:, 0] <= right) for left, right in pairwise(edges)]
    if points[-1, 0] - points[0, 0] <= _ONE_COLUMN * widest:
        column = int(np.argmax([part.sum() for part in inside]))
        return [(column, points[inside[column]])] if inside[column].sum() > 1 else []
    return [(column, points[part]) for column, part in enumerate(inside) if part.sum() > 1]


def _row_of(points: Points, fmt: ReportFormat) -> int | None:
    """Return the row whose 0 mV is nearest to the path's median; None for the row of the rhythm strip or farther."""
    zeros = np.array(fmt.zero_rows, float)
    pitch = float(np.diff(zeros).mean()) if len(zeros) > 1 else float(fmt.signal_box.height)
    distance = np.abs(np.median(points[:, 1]) - zeros)
    row = int(distance.argmin())
    return row if distance[row] <= pitch / 2 else None


def _sampled(pieces: list[Points], column: int, row: int, fmt: ReportFormat, samples: int) -> Millivolts | None:
    """Return mV at the record's samples, NaN between the pieces; None if they are too little or lie over each other."""
    wanted = np.arange(samples) / RATE_HZ - column * fmt.seconds_per_lead
    times_drawn = np.zeros(samples)
    out = np.full(samples, np.nan)
    for piece in _bridged(pieces):
        times = (piece[:, 0] - fmt.trace_starts[column]) / fmt.px_per_s
        drawn = (wanted >= times[0] - _ROUNDING_S) & (wanted <= times[-1] + _ROUNDING_S)
        values = np.interp(wanted, times, (fmt.zero_rows[row] - piece[:, 1]) / fmt.px_per_mV)
        out = np.where(drawn, values, out)
        times_drawn += drawn
    whole = fmt.seconds_per_lead * RATE_HZ
    if (times_drawn > 0).sum() < _LEAST_COVERED * whole or (times_drawn > 1).sum() > _MOST_TWICE * whole:
        return None
    return out


def _bridged(pieces: list[Points]) -> list[Points]:
    """Join pieces that follow each other at once."""
    joined: list[Points] = []
    for piece in pieces:
        if joined and 0 <= piece[0, 0] - joined[-1][-1, 0] <= _GAP_PX:
            joined[-1] = np.concatenate([joined[-1], piece])
        else:
            joined.append(piece)
    return joined


def _quality(lead: str, values: Millivolts, fmt: ReportFormat) -> LeadQuality:
    known = np.isfinite(values)
    places = np.flatnonzero(known)
    holes = np.diff(places) - 1
    return LeadQuality(
        lead,
        covered=min(1.0, float(known.sum() / (fmt.seconds_per_lead * RATE_HZ))),
        gaps=int((holes > 0).sum()),
        longest_gap_s=float(holes.max(initial=0) / RATE_HZ),
    )

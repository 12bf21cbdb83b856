"""One report: file in, twelve leads out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecgcore.reports.file.source import Kind, Source, read_source
from ecgcore.reports.page.limits import DEFAULT_LIMITS, Limits
from ecgcore.reports.page.reason import RefusalError
from ecgcore.reports.report import Report, report_of
from ecgcore.reports.signals.choice import Choice
from ecgcore.reports.signals.lead_signals import LeadSignals
from ecgcore.reports.signals.trace import signals_from_image
from ecgcore.reports.signals.vector import signals_from_paths

_SAME_SHARE, _SAME_MV = 0.9, 0.05  # so much of a lead may differ by so little; traces that overlap differ for less long


def extract(path: Path | str, choice: Choice = Choice.AUTO, limits: Limits = DEFAULT_LIMITS) -> LeadSignals:
    """Read the twelve leads of a PDF, PNG or JPEG.

    Args:
        path: the file.
        choice: ``auto`` takes the paths of a PDF if they show every lead and agree with the pixels, else the pixels.
        limits: bounds on the file.

    Raises:
        RefusalError: the file cannot be used, a lead has no trace, or ``vector`` was chosen and paths do not show all.
    """
    return read_signals(Path(path), choice, limits)[1]


def read_signals(path: Path, choice: Choice, limits: Limits = DEFAULT_LIMITS) -> tuple[Report, LeadSignals]:
    """Do what ``extract`` does, and return the report too."""
    source = read_source(path, limits)
    report = report_of(source, limits)
    if choice is Choice.VECTOR:
        return report, signals_from_paths(source, report.format, limits)
    seen = signals_from_image(report.image)
    if choice is Choice.PIXELS or source.kind() is not Kind.PDF:
        return report, seen
    return report, _vector_if_same(source, report, seen, limits)


def _vector_if_same(source: Source, report: Report, seen: LeadSignals, limits: Limits) -> LeadSignals:
    """Return the signals of the paths; ``seen`` if there are none, or they are not what the page shows."""
    try:
        written = signals_from_paths(source, report.format, limits)
    except RefusalError:
        return seen
    return written if _agree(written, seen) else seen


def _agree(written: LeadSignals, seen: LeadSignals) -> bool:
    apart = written.millivolts - seen.millivolts
    if not np.isfinite(apart).any(axis=1).all():
        return False
    return bool((np.nanquantile(np.abs(apart), _SAME_SHARE, axis=1) <= _SAME_MV).all())

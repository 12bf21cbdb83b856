"""Which format a page has, from what is drawn on it; never from a year or a file name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ecgcore.reports.page.box import Box, Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.recognise.canonical import remove_lossy_grid
from ecgcore.reports.recognise.ink import (
    Trace,
    colour_share,
    find_labels,
    find_traces,
    grid_share,
    ink_mask,
    solid_ink_mask,
    without_labels,
)

_DRAWN_COVERAGE = 0.3  # of columns; a neighbour's spikes that reach in cover less
_GRID_TILES = 0.9  # share of tiles
_MOST_COLOUR = 0.01  # share of pixels of a page without grid
_LEAST_LABELS = 0.75  # of the leads; a label may be overdrawn or faint
_LABEL_MARGIN = (30, 20)  # px; other printers place the name a little differently
_LABEL_INK = 20  # px
_LEAST_DRAWN = 0.5  # of the leads; with fewer, nothing says that this is a page of these leads
_MOST_STRANGE = 1 / 6  # of the leads
_SINGLE = 0.5  # share of columns; two traces in one box are another layout
_TEXT_GAPS = 0.04  # per column looked at; text has a gap after every letter


@dataclass(frozen=True)
class Match:
    """A page whose format is known.

    Args:
        format: the format.
        box: what its lead boxes refer to, uint8 (H, W, 3); without loss it is the page's own pixels, else without grid.
        leads: lead boxes inside ``box``.
        traces: what was measured in each.
        ink: the ink of every third column of ``box``, without the printed names and without what may be a grid's rest.
    """

    format: ReportFormat
    box: Pixels
    leads: Mapping[str, Box]
    traces: Mapping[str, Trace]
    ink: Pixels = field(repr=False)


def recognise(page: Page, formats: Iterable[ReportFormat]) -> Match | None:
    """Return the only format that fits the page, or None if none does or several do.

    A format fits if the page has its grid (or none, if it has none), the printed names of three quarters of the
    leads are where it prints them, half of the lead boxes hold one continuous trace, and at most a sixth hold something
    else.
    """
    matches = [match for fmt in formats if (match := _match(page, fmt)) is not None]
    return matches[0] if len(matches) == 1 else None


def is_drawn(trace: Trace) -> bool:
    """Tell whether a lead box holds a trace, however flat."""
    return trace.coverage >= _DRAWN_COVERAGE


def _match(page: Page, fmt: ReportFormat) -> Match | None:
    raw = page.ecg_box(fmt)
    if raw is None or not _grid_fits(page, raw, fmt):
        return None
    box = raw if page.exact else remove_lossy_grid(raw, fmt)
    ink = ink_mask(box, fmt, grid_removed=not page.exact)
    labels = page.labels(fmt)
    if len(find_labels(ink, labels, _LABEL_MARGIN, _LABEL_INK)) < _LEAST_LABELS * len(labels):
        return None
    ink = without_labels(ink, labels)
    solid = ink if page.exact else without_labels(solid_ink_mask(box, fmt), labels)
    match = Match(fmt, box, page.leads(fmt), find_traces(ink, page.leads(fmt)), solid)
    return match if _has_the_leads(match) else None


def _grid_fits(page: Page, box: Pixels, fmt: ReportFormat) -> bool:
    if not fmt.has_grid:
        return colour_share(box) <= _MOST_COLOUR
    if page.extent is Extent.CANONICAL:
        return True
    return grid_share(box, fmt) >= _GRID_TILES


def _has_the_leads(match: Match) -> bool:
    drawn = [t for t in match.traces.values() if is_drawn(t)]
    strange = [t for t in drawn if t.single < _SINGLE or t.gaps > _TEXT_GAPS]
    count = len(match.traces)
    return len(drawn) - len(strange) >= _LEAST_DRAWN * count and len(strange) <= _MOST_STRANGE * count

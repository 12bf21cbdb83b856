"""Whether a page may be used: refusals with their reason, and cautions for what is only unusual."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.page.paper import is_paper
from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.recognise.ink import colour_share, complete_share
from ecgcore.reports.recognise.recognise import Match, is_drawn

_PAPER_LEVELS = 12  # grey levels that blank paper may vary by, scanner noise included
_LEAST_MARKS = 200  # px; less is dust
_INSIDE_COVERAGE = 0.95  # share of columns; below, the trace is elsewhere for a while
_COMPLETE = 0.1  # share of columns; traces that overlap are one piece of ink, so it need not be many
_MOST_COLOUR_LEFT = 0.01  # share of pixels


def check_geometry(name: str, page: Page, formats: Iterable[ReportFormat]) -> None:
    """Raise RefusalError if a full page is not a landscape page of a known paper."""
    height, width = page.pixels.shape[:2]
    if page.extent is Extent.PAGE and not is_paper((width, height), formats):
        raise RefusalError(name, Reason.WRONG_GEOMETRY, f"page of {width} x {height} px at 300 dpi")


def unrecognised(name: str, page: Page) -> RefusalError:
    """Return why no format fits: the page is blank, or it shows something else."""
    if is_blank(page.pixels):
        return RefusalError(name, Reason.BLANK_PAGE, "no marks on the page")
    return RefusalError(name, Reason.UNKNOWN_FORMAT, "grid, layout or lead names fit no known format")


def is_blank(pixels: Pixels) -> bool:
    """Tell whether fewer than 200 pixels differ from the paper by more than 12 grey levels."""
    green = np.asarray(pixels[..., 1])
    paper = int(np.median(green[::16, ::16]))
    marks = int(np.count_nonzero(np.abs(green.astype(np.int16) - paper) > _PAPER_LEVELS))
    return marks < _LEAST_MARKS


def check_leads(name: str, match: Match) -> None:
    """Raise RefusalError naming the leads whose box has no trace.

    A flat line is a trace, and so is one that wandered into a neighbour's box, if all traces of its column are there.
    """
    empty = [lead for lead, trace in match.traces.items() if not is_drawn(trace) and not _is_complete(lead, match)]
    if empty:
        raise RefusalError(name, Reason.EMPTY_LEAD, ", ".join(empty))


def _is_complete(lead: str, match: Match) -> bool:
    """Tell whether the column of leads that ``lead`` belongs to holds as many traces as leads."""
    box = match.leads[lead]
    stacked = [b for b in match.leads.values() if (b.left, b.right) == (box.left, box.right)]
    return complete_share(match.ink, stacked) >= _COMPLETE


def cautions(page: Page, match: Match, canonical: Pixels) -> tuple[Caution, ...]:
    """Return what a person may want to look at in an accepted page."""
    found = []
    if match.format.has_grid and colour_share(canonical) > _MOST_COLOUR_LEFT:
        found.append(Caution.GRID_LEFT)
    if match.format.has_grid and not page.exact:
        found.append(Caution.GRID_BY_COLOUR)
    if any(trace.coverage < _INSIDE_COVERAGE for trace in match.traces.values()):
        found.append(Caution.TRACE_LEAVES_BOX)
    return tuple(found)

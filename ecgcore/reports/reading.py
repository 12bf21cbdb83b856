"""What a page shows: its format, and the canonical image of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.page import Page
from ecgcore.reports.page.reason import Caution
from ecgcore.reports.recognise.quality import cautions
from ecgcore.reports.recognise.reader import readers_of
from ecgcore.reports.recognise.recognise import Match


@dataclass(frozen=True)
class Reading:
    """A recognised page, its canonical image, uint8 (H, W, 3), and what is unusual about it."""

    match: Match
    image: Pixels
    cautions: tuple[Caution, ...]


def reading_of(page: Page, formats: Sequence[ReportFormat]) -> Reading | None:
    """Return what a page shows; one whose grid is not in the exact colours is read like a lossy picture.

    A PDF or PNG may hold the JPEG of a scanner, and a JPEG leaves its grid no colour of the format.
    """
    found = _as_it_is(page, formats)
    if not page.exact or (found is not None and Caution.GRID_LEFT not in found.cautions):
        return found
    return _as_it_is(replace(page, exact=False), formats) or found


def _as_it_is(page: Page, formats: Sequence[ReportFormat]) -> Reading | None:
    for reader in readers_of(formats):
        match = reader.recognise(page)
        if match is not None:
            image = reader.canonical(page, match)
            return Reading(match, image, cautions(page, match, image))
    return None

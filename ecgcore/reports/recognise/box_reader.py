"""Reads pages on which every lead has a box and a printed name, as a format's YAML describes them."""

from __future__ import annotations

from collections.abc import Sequence

from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.recognise.canonical import arrange, remove_grid
from ecgcore.reports.recognise.recognise import Match, recognise


class BoxReader:
    """The reader of every format that names no other.

    Args:
        formats: which it tells apart.
    """

    def __init__(self, formats: Sequence[ReportFormat]) -> None:
        self.formats = tuple(formats)

    def recognise(self, page: Page) -> Match | None:
        """Return the only format that fits the page, or None if none does or several do."""
        return recognise(page, self.formats)

    def canonical(self, page: Page, match: Match) -> Pixels:
        """Return the canonical image, uint8 RGB of the format's canonical size."""
        if page.extent is Extent.CANONICAL:
            return match.box
        cleaned = remove_grid(match.box, match.format) if page.exact else match.box
        return arrange(cleaned, match.format)

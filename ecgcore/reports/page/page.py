"""What a file shows, before its format is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecgcore.reports.page.box import Box, Pixels
from ecgcore.reports.page.format import ReportFormat


class Extent(StrEnum):
    """How much of the paper the pixels show."""

    PAGE = "page"
    ECG_BOX = "ecg-box"
    CANONICAL = "canonical"


@dataclass(frozen=True)
class Page:
    """Pixels at the formats' dpi.

    Args:
        pixels: uint8 (H, W, 3) RGB.
        extent: how much of the paper they show.
        exact: True if they are Poppler's own at 300 dpi, so that grid colours should hold to the tolerance; False after
            JPEG or resampling. What a page itself holds may still be a JPEG.
    """

    pixels: Pixels
    extent: Extent
    exact: bool

    def ecg_box(self, fmt: ReportFormat) -> Pixels | None:
        """Return the view of the part that lead boxes refer to, or None if this extent cannot be of ``fmt``."""
        height, width = self.pixels.shape[:2]
        if self.extent is Extent.PAGE:
            return fmt.ecg_box.cut(self.pixels) if fmt.ecg_box.inside(width, height) else None
        size = fmt.canonical_size if self.extent is Extent.CANONICAL else fmt.ecg_box.size
        return self.pixels if size == (width, height) else None

    def leads(self, fmt: ReportFormat) -> dict[str, Box]:
        """Return the lead boxes inside ``ecg_box``."""
        return fmt.canonical_leads if self.extent is Extent.CANONICAL else dict(fmt.lead_boxes)

    def labels(self, fmt: ReportFormat) -> dict[str, Box]:
        """Return the label rectangles inside ``ecg_box``."""
        return fmt.canonical_labels if self.extent is Extent.CANONICAL else fmt.labels_in_ecg_box

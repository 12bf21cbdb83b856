"""Which paper sizes pages may have."""

from __future__ import annotations

from collections.abc import Iterable

from ecgcore.reports.page.format import ReportFormat

_ROUNDING_PX = 3  # A4 is 841.89 x 595.28 points; writers round it, and Poppler rounds up


def paper_sizes(formats: Iterable[ReportFormat]) -> set[tuple[int, int]]:
    """Return every (width, height) in px that a known format prints on."""
    return {size for fmt in formats for size in fmt.page_sizes.values()}


def is_paper(size: tuple[int, int], formats: Iterable[ReportFormat]) -> bool:
    """Tell whether a rendered page has one of the known sizes to within 3 px."""
    return any(max(abs(size[0] - w), abs(size[1] - h)) <= _ROUNDING_PX for w, h in paper_sizes(formats))

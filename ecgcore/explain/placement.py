"""From the canonical image back to the report page: every pixel to the place it was cut from, and nothing beside it."""

from __future__ import annotations

import numpy as np

from ecgcore.errors import ReportError
from ecgcore.explain.heatmap import Mass
from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat, known_formats


def format_of(size: tuple[int, int]) -> ReportFormat:
    """Return the format whose canonical image has this width and height in px.

    Raises:
        ReportError: no known format's canonical image has this size.
    """
    for fmt in known_formats():
        if fmt.canonical_size == size:
            return fmt
    known = ", ".join("{} x {}".format(*fmt.canonical_size) for fmt in known_formats())
    rule = f"is {size[0]} x {size[1]} px, no canonical image of a known format ({known})"
    raise ReportError("image", rule, "give a report page, or an image that `ecg view` wrote", "wrong-geometry")


def on_page(mass: Mass, fmt: ReportFormat, page_size: tuple[int, int]) -> Mass:
    """Return a map of the canonical image on the report page: the inverse of ``reports.canonical``.

    Args:
        mass: (H, W) on the canonical image of ``fmt``.
        fmt: the page's format.
        page_size: width and height of the page in px at ``fmt.dpi``.

    Returns:
        float32 (height, width) of the page, 0 where the canonical image shows nothing of it.

    Raises:
        ReportError: the map does not have the canonical size, or the ECG box does not fit on the page.
    """
    if mass.shape[::-1] != fmt.canonical_size or not fmt.ecg_box.inside(*page_size):
        rule = f"a map of {mass.shape[1]} x {mass.shape[0]} px does not belong to format {fmt.name}"
        raise ReportError(
            f"page of {page_size[0]} x {page_size[1]} px", rule, "pass both of one report", "wrong-geometry"
        )
    page = np.zeros(page_size[::-1], np.float32)
    box = fmt.ecg_box.cut(page)
    for lead in fmt.leads:
        fmt.lead_boxes[lead].cut(box)[...] = fmt.canonical_leads[lead].cut(mass)  # type: ignore[arg-type]
    return page


def without_print(page: Pixels, fmt: ReportFormat) -> Pixels:
    """Return the page with all but its ECG box painted white: the header prints the patient's name and number.

    Args:
        page: uint8 (height, width, 3) RGB at ``fmt.dpi``; it is not changed.
        fmt: the page's format.
    """
    white = np.full_like(page, 255)
    fmt.ecg_box.cut(white)[...] = fmt.ecg_box.cut(page)
    return white

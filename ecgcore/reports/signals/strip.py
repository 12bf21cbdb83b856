"""The parts of a canonical image in which leads stand above each other and share their time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecgcore.reports.page.box import Box
from ecgcore.reports.page.format import ReportFormat


@dataclass(frozen=True)
class Strip:
    """One column of leads of the page; lengths in px.

    Args:
        leads: from top to bottom.
        box: where they are in the image, together.
        zeros: y of 0 mV of each lead, from the top of the box.
        left: x where the traces start, from the left of the box; negative if the image was cut there.
        column: number of the column on the page.
        start_s: time of the record at ``left``.
        labels: rectangles of the printed names, inside the box.
    """

    leads: tuple[str, ...]
    box: Box
    zeros: tuple[float, ...]
    left: float
    column: int
    start_s: float
    labels: tuple[Box, ...]


def canonical_strips(fmt: ReportFormat) -> tuple[Strip, ...]:
    """Return the strips of the canonical image of a format, in the order of time."""
    places, labels = fmt.canonical_leads, fmt.canonical_labels
    return tuple(_canonical_strip(fmt, column, places, labels) for column in range(fmt.columns))


def strip_leads(fmt: ReportFormat, column: int) -> tuple[str, ...]:
    """Return the leads of one column of the page, from top to bottom."""
    return fmt.leads[column * fmt.rows : (column + 1) * fmt.rows]


def _canonical_strip(fmt: ReportFormat, column: int, places: Mapping[str, Box], labels: Mapping[str, Box]) -> Strip:
    leads = strip_leads(fmt, column)
    top, bottom = places[leads[0]], places[leads[-1]]
    box = Box(top.left, top.top, bottom.right, bottom.bottom)
    first = fmt.lead_boxes[leads[0]]
    dx = fmt.signal_box.left - fmt.ecg_box.left - first.left
    dy = fmt.signal_box.top - fmt.ecg_box.top - first.top
    return Strip(
        leads=leads,
        box=box,
        zeros=tuple(float(row + dy) for row in fmt.zero_rows),
        left=float(fmt.trace_starts[column] + dx),
        column=column,
        start_s=column * fmt.seconds_per_lead,
        labels=tuple(labels[lead].moved(-box.left, -box.top) for lead in leads),
    )

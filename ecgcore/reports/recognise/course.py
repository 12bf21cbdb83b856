"""The course of every lead as the ink of every third column shows it: coarse, but made from what is there already."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.page.box import Box
from ecgcore.reports.recognise.ink import COLUMN_STEP
from ecgcore.reports.recognise.recognise import Match

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """The leads that stand above each other on the page, which are simultaneous.

    Args:
        leads: from top to bottom.
        millivolts: (leads, n), upwards from each lead's median, one value a looked-at column; NaN where not every lead
            has its own piece of ink.
        heights: (leads, n), how many mV the ink of a column spans; NaN as above.
        ink: (n,), px of ink in each looked-at column, of all leads together.
        rate_hz: looked-at columns per second.
    """

    leads: tuple[str, ...]
    millivolts: Floats = field(repr=False)
    heights: Floats = field(repr=False)
    ink: Floats = field(repr=False)
    rate_hz: float

    @property
    def seen(self) -> float:
        """Share of the columns in which every lead is seen, 0..1."""
        return float(np.isfinite(self.millivolts[0]).mean()) if self.millivolts.shape[1] else 0.0


def courses(match: Match) -> tuple[Course, ...]:
    """Return the courses of a page's leads, one for each column of leads.

    The pieces of ink of a column belong to the leads in order, if they are as many. Leads whose boxes do not
    stand above each other have no course.
    """
    columns = dict(zip(match.leads, match.format.lead_columns, strict=True))
    stacks = [[lead for lead, place in columns.items() if place == column] for column in sorted(set(columns.values()))]
    return tuple(_course(match, tuple(leads)) for leads in stacks if _is_stacked([match.leads[lead] for lead in leads]))


def _is_stacked(boxes: list[Box]) -> bool:
    return all((box.left, box.right) == (boxes[0].left, boxes[0].right) for box in boxes)


def _course(match: Match, leads: tuple[str, ...]) -> Course:
    boxes = [match.leads[lead] for lead in leads]
    band = Box(boxes[0].left, min(b.top for b in boxes), boxes[0].right, max(b.bottom for b in boxes))
    left, right = -(-band.left // COLUMN_STEP), -(-band.right // COLUMN_STEP)
    ink = match.ink[max(0, band.top) : band.bottom, left:right]
    column, first, last = _pieces(ink)
    full = np.bincount(column, minlength=ink.shape[1]) == len(leads)
    kept = full[column]
    middles = np.full((len(leads), ink.shape[1]), np.nan)
    heights = middles.copy()
    if full.any():
        middles[:, full] = ((first[kept] + last[kept]) / 2).reshape(-1, len(leads)).T
        middles[:, full] = np.median(middles[:, full], axis=1, keepdims=True) - middles[:, full]
        heights[:, full] = (last[kept] - first[kept]).reshape(-1, len(leads)).T
    total = np.bincount(column, weights=last - first, minlength=ink.shape[1]).astype(np.float64)
    scale = match.format.px_per_mV
    return Course(leads, middles / scale, heights / scale, total, match.format.px_per_s / COLUMN_STEP)


def _pieces(ink: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return column, first and one past the last row of each piece of ink, column by column from top to bottom."""
    padded = np.zeros((ink.shape[1], ink.shape[0] + 2), np.uint8)
    padded[:, 1:-1] = cv2.transpose(ink)
    flat = padded.ravel()
    turns = np.flatnonzero(flat[1:] != flat[:-1])
    starts, ends = turns[::2], turns[1::2]
    column = starts // padded.shape[1]
    return column, starts - column * padded.shape[1], ends - column * padded.shape[1]

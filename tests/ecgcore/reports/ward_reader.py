"""A reader of the tests' own: pages of one machine, told by a black bar along their upper edge."""

from __future__ import annotations

from ecgcore.reports.recognise.canonical import arrange
from ecgcore.reports.recognise.ink import find_traces, ink_mask
from ecgcore.reports.recognise.recognise import Match


class WardReader:
    def __init__(self, formats):
        (self.format,) = formats

    def recognise(self, page):
        height, width = page.pixels.shape[:2]
        if (width, height) != self.format.page_sizes["square"] or page.pixels[:20].max() > 60:
            return None
        box = self.format.ecg_box.cut(page.pixels)
        ink = ink_mask(box, self.format, grid_removed=True)
        return Match(self.format, box, self.format.lead_boxes, find_traces(ink, self.format.lead_boxes), ink)

    def canonical(self, page, match):
        return 255 - arrange(match.box, match.format)

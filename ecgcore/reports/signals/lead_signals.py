"""The leads in millivolts and seconds, as they were read from a report, and how well each could be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Millivolts = NDArray[np.float64]
RATE_HZ = 500.0


class SignalSource(StrEnum):
    """What the signals were read from."""

    PIXELS = "pixels"
    VECTOR = "vector"


@dataclass(frozen=True)
class LeadQuality:
    """How well one lead could be read; shares are of the time that the report prints for it, 0..1.

    Args:
        lead: its name.
        covered: share with a trace.
        gaps: number of interruptions between the first and the last drawn moment.
        longest_gap_s: the longest of them, s.
        overlap: share in which its ink is one with another lead's trace, so that its course there is a guess.
        text: share in which ink that is no trace, such as print, touches it.
        clipped: share in which it runs along the edge of the part of the page that is read.
    """

    lead: str
    covered: float
    gaps: int = 0
    longest_gap_s: float = 0.0
    overlap: float = 0.0
    text: float = 0.0
    clipped: float = 0.0


@dataclass(frozen=True)
class LeadSignals:
    """The leads of one report.

    Time is that of the record: column after column of the page runs on, so sample ``i`` is ``i / rate_hz`` s after the
    left edge of the first column. 0 mV is where the format draws it; a printer that draws it elsewhere shifts a lead
    by a constant.

    Args:
        leads: in the canonical order of the format.
        millivolts: (leads, N), NaN where nothing is drawn.
        rate_hz: samples per second.
        source: what they were read from.
        quality: one per lead.
        columns: for each lead, in which column of the page it is drawn; leads of one column are simultaneous.
    """

    leads: tuple[str, ...]
    millivolts: Millivolts = field(repr=False)
    rate_hz: float
    source: SignalSource
    quality: tuple[LeadQuality, ...]
    columns: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.leads or self.millivolts.ndim != 2 or len(self.millivolts) != len(self.leads):
            raise ValueError(f"needs leads and an array (leads, N), got {self.leads} and {self.millivolts.shape}")
        if not len(self.quality) == len(self.columns) == len(self.leads):
            raise ValueError("needs one quality and one column per lead")

    @property
    def seconds(self) -> float:
        """Duration of the record."""
        return self.millivolts.shape[1] / self.rate_hz

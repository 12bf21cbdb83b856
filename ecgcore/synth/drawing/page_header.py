"""What a report prints above its traces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

NOTICE = "SYNTHETIC - NO REAL PATIENT"


@dataclass(frozen=True)
class Header:
    """The printed identity of a report.

    Args:
        name: printed name; invented, or empty.
        hn: hospital number; empty where it is not known, and then not printed.
        taken: when the ECG was recorded.
        age: in years, or None.
        female: or None where it is not known.
        rate: ventricular rate in beats per minute, or None.
        notice: printed at the foot of the page.
    """

    name: str
    hn: str
    taken: datetime
    age: int | None = None
    female: bool | None = None
    rate: int | None = None
    notice: str = NOTICE

    @property
    def number_text(self) -> str:
        return f"HN {self.hn}" if self.hn else ""

    @property
    def date_text(self) -> str:
        return f"Date {self.taken:%Y-%m-%d}"

    @property
    def time_text(self) -> str:
        return f"Time {self.taken:%H:%M}"

    @property
    def sex_text(self) -> str:
        return "" if self.female is None else ("Female" if self.female else "Male")

    @property
    def age_text(self) -> str:
        return "" if self.age is None else f"{self.age} years"

    @property
    def rate_text(self) -> str:
        return "" if self.rate is None else f"Vent. rate {self.rate} /min"

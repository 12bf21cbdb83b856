"""Years of the Buddhist era, as Thai pages and tables write them."""

from __future__ import annotations

BUDDHIST_FROM = 2400
_AHEAD = 543


def common_era(year: int) -> int:
    """Return a year of the common era: one above 2400 is Buddhist, 543 years ahead (2559 is 2016)."""
    return year - _AHEAD if year > BUDDHIST_FROM else year

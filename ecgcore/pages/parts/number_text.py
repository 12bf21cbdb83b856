"""A number as people read it."""

from __future__ import annotations

import math

MISSING = "–"


def number_text(value: float | None) -> str:
    """Return a number to three decimals, ``–`` where there is none; one that would show as zero keeps two digits."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:,.3f}"
    return f"{value:.2g}" if float(text.replace(",", "")) == 0 and value != 0 else text

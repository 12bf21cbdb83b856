"""The heart rate that a page prints."""

from __future__ import annotations

import re

from ecgcore.reports.printed.unit import plain

_LOWEST, _HIGHEST = 20, 350
_NUMBER = r"(?<![\d.,/])(?P<rate>\d{2,3})(?!\d|[.,/]\d)"
_NAME = (
    r"(?:vent(?:ricular)?\.?\s{0,2}rate|heart\s{0,2}rate|herzfrequenz|frecuencia cardiaca|v\.?\s?rate|hr|hf|fc|rate|"
    "อัตราการเต้นของหัวใจ)"
)
_PER_MINUTE = r"(?:bpm|b/min|beats?\s?/\s?min|/\s?min|min-1|ครั้ง\s?/\s?นาที|уд/мин)"
_NAMED = re.compile(rf"(?<![^\W\d_]){_NAME}\s{{0,3}}[=:]?\s{{0,3}}{_NUMBER}(?!\s{{0,2}}(?:ms|mm|hz|%))")
_UNIT = re.compile(rf"{_NUMBER}\s{{0,2}}{_PER_MINUTE}(?![^\W\d_])")


def printed_rate(text: str) -> int | None:
    """Return the heart rate in beats per minute, or None if the page prints none or several."""
    known = plain(text)
    found = {int(match["rate"]) for form in (_NAMED, _UNIT) for match in form.finditer(known)}
    possible = {rate for rate in found if _LOWEST <= rate <= _HIGHEST}
    return possible.pop() if len(possible) == 1 else None

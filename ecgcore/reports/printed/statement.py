"""What a page says about its own layout: a report that contradicts its format is refused, not read wrongly."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.reason import Reason, RefusalError

_NUMBER = r"(?<![\d.,/])(?P<number>\d{1,3}(?:[.,]\d{1,2})?(?:/\d{1,3}(?:[.,]\d{1,2})?)?)"
_SPEED = re.compile(_NUMBER + r"\s{0,3}mm\s?/\s?s(?:ec)?(?![a-z])", re.IGNORECASE)
_GAIN = re.compile(_NUMBER + r"\s{0,3}mm\s?/\s?mV(?![a-z])", re.IGNORECASE)
_LEAST_MISPLACED = 2  # two leads that change places; a single word may be something else


def check_statements(name: str, fmt: ReportFormat, text: str, lead_names: Mapping[str, str]) -> None:
    """Refuse a page that prints another paper speed, gain or order of leads than its format has.

    A page that prints nothing of the kind is not refused.

    Args:
        name: of the file.
        fmt: the recognised format.
        text: printed on the page.
        lead_names: lead to the text printed where its name should stand.

    Raises:
        RefusalError: ``wrong-scale`` or ``wrong-leads``, with what the page says.
    """
    for pattern, unit, expected in ((_SPEED, "mm/s", fmt.mm_per_s), (_GAIN, "mm/mV", fmt.mm_per_mV)):
        for printed in _numbers(pattern, text):
            if printed != expected:
                value = f"the page says {printed:g} {unit}, the format {fmt.name} has {expected:g}"
                raise RefusalError(name, Reason.WRONG_SCALE, value)
    misplaced = _misplaced(lead_names)
    if len(misplaced) >= _LEAST_MISPLACED:
        listed = ", ".join(f"{found} in the place of {lead}" for lead, found in misplaced.items())
        raise RefusalError(name, Reason.WRONG_LEADS, listed)


def _numbers(pattern: re.Pattern[str], text: str) -> list[float]:
    """Return every number before the unit; ``10/5 mm/mV`` (limb and chest leads) gives two."""
    return [
        float(part.replace(",", ".")) for match in pattern.finditer(text) for part in match["number"].split("/") if part
    ]


def _misplaced(lead_names: Mapping[str, str]) -> dict[str, str]:
    """Return the leads in whose place another lead's name is printed; ``-aVR`` is another lead than ``aVR``."""
    known = {lead.upper(): lead for lead in lead_names}
    found: dict[str, str] = {}
    for lead, text in lead_names.items():
        word = "".join(text.split()).upper()
        bare = known.get(word.lstrip("-\N{MINUS SIGN}"))
        if bare is not None and word != lead.upper():
            found[lead] = bare if word == bare.upper() else f"-{bare}"
    return found

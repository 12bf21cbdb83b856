"""What a page says about its own layout: a report that contradicts its format is refused, not read wrongly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.reason import Reason, RefusalError
from ecgcore.reports.printed.quantity import Kind, quantities

_SAME = 0.005  # relative; two ways to write a number, not two numbers
_LEAST_MISPLACED = 2  # two leads that change places; a single word may be something else
_MOST_NAMES_MISSING = 1 / 6  # of the leads; a name may be overdrawn


@dataclass(frozen=True)
class Stated:
    """What a page says of itself that its format has, too: its speed, its gain, the places of its leads."""

    speed: bool = False
    gain: bool = False
    leads: bool = False


NOTHING = Stated()


def check_statements(name: str, fmt: ReportFormat, text: str, lead_names: Mapping[str, str]) -> Stated:
    """Refuse a page that prints another paper speed, gain or order of leads than its format has.

    A page that prints nothing of the kind is not refused, and it says nothing either. Settings that are only on offer
    are no statement.

    Args:
        name: of the file.
        fmt: the recognised format.
        text: printed on the page.
        lead_names: lead to the text printed where its name should stand.

    Raises:
        RefusalError: ``wrong-scale`` or ``wrong-leads``, with what the page says.
    """
    stated = quantities(text)
    said = {kind: [value for q in stated if q.kind is kind for value in q.values] for kind in Kind}
    for kind, expected in ((Kind.SPEED, fmt.mm_per_s), (Kind.GAIN, fmt.mm_per_mV)):
        _check_scale(name, fmt, kind, said[kind], expected)
    misplaced = _misplaced(lead_names)
    if len(misplaced) >= _LEAST_MISPLACED:
        listed = ", ".join(f"{found} in the place of {lead}" for lead, found in misplaced.items())
        raise RefusalError(name, Reason.WRONG_LEADS, listed)
    return Stated(bool(said[Kind.SPEED]), bool(said[Kind.GAIN]), _names_its_leads(lead_names))


def _check_scale(name: str, fmt: ReportFormat, kind: Kind, said: list[float], expected: float) -> None:
    if all(math.isclose(value, expected, rel_tol=_SAME) for value in said):
        return
    listed = " and ".join(f"{value:g}" for value in dict.fromkeys(said))
    raise RefusalError(
        name, Reason.WRONG_SCALE, f"the page says {listed} {kind}, the format {fmt.name} has {expected:g}"
    )


def _misplaced(lead_names: Mapping[str, str]) -> dict[str, str]:
    """Return the leads in whose place another lead's name is printed; ``-aVR`` is another lead than ``aVR``."""
    known = {lead.upper(): lead for lead in lead_names}
    found: dict[str, str] = {}
    for lead, text in lead_names.items():
        word = _word(text)
        bare = known.get(word.lstrip("-\N{MINUS SIGN}"))
        if bare is not None and word != lead.upper():
            found[lead] = bare if word == bare.upper() else f"-{bare}"
    return found


def _names_its_leads(lead_names: Mapping[str, str]) -> bool:
    right = sum(_word(text) == lead.upper() for lead, text in lead_names.items())
    return bool(lead_names) and right >= (1 - _MOST_NAMES_MISSING) * len(lead_names)


def _word(text: str) -> str:
    return "".join(text.split()).upper()

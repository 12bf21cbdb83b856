"""What the drawing itself says against a page's scale and leads: refusals beyond doubt, cautions for the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.recognise.course import Course, courses
from ecgcore.reports.recognise.grid_pitch import DISTANCES_MM, MM_PER_INCH, strange_pitch
from ecgcore.reports.recognise.heartbeat import Heartbeat, heartbeat
from ecgcore.reports.recognise.limb_leads import CABRERA, LimbLeads, is_cabrera, limb_leads, says_otherwise
from ecgcore.reports.recognise.pulse import pulse_heights
from ecgcore.reports.recognise.recognise import Match

_FLAT_MV = 0.04  # from the lowest to the highest; 5 px at 10 mm/mV, two pens of a printer
_LEAST_SEEN = 0.2  # share of the columns
_GAINS = (2.5, 5.0, 10.0, 15.0, 20.0, 40.0)  # mm/mV to which machines can be set
_SAME_HEIGHT = 0.06
_SAME_RATE = 1.5  # times; half and double are another speed
_SLOW, _LONG_S = 45.0, 0.07  # beats a minute and s; both together are another speed, not a heart
_RATES = (25.0, 300.0)  # beats a minute of a heart whose ECG is recorded at rest


@dataclass(frozen=True)
class Evidence:
    """What the drawing says.

    Args:
        cautions: what speaks against a page, each with its detail.
        gain: a calibration pulse confirms the format's gain.
        heartbeat: the drawn heart beat at the format's speed; None where it is not regular.
    """

    cautions: Mapping[Caution, str]
    gain: bool
    heartbeat: Heartbeat | None


def drawn_evidence(name: str, page: Page, match: Match) -> Evidence:
    """Measure what is drawn against the format's scale and places.

    Raises:
        RefusalError: every lead is flat, the limb leads are beyond doubt in Cabrera's order, or the calibration pulses
            have another height.
    """
    seen = courses(match)
    flat = flat_leads(seen)
    if len(flat) == len(match.leads):
        raise RefusalError(name, Reason.EMPTY_LEAD, "every lead is a flat line")
    found = {Caution.FLAT_LEAD: ", ".join(flat)} if flat else {}
    found |= _order(name, limb_leads(seen))
    return Evidence(found, _gain(name, page, match.format), heartbeat(seen))


def check_grid(name: str, page: Page, match: Match) -> None:
    """Refuse a page whose grid is not drawn in millimetres of the format's scale.

    Raises:
        RefusalError: ``wrong-scale``.
    """
    fmt = match.format
    box = page.ecg_box(fmt) if fmt.has_grid and page.extent is not Extent.CANONICAL else None
    exact = np.may_share_memory(match.box, page.pixels)  # else the grid was taken out by its colour, as of a JPEG
    pitch = strange_pitch(np.asarray(box), fmt, exact) if box is not None else None
    if pitch is not None:
        usual = " or ".join(f"{mm * fmt.dpi / MM_PER_INCH:.0f}" for mm in DISTANCES_MM)
        value = f"lines of the grid are {pitch:.0f} px apart, those of the format {fmt.name} {usual}"
        raise RefusalError(name, Reason.WRONG_SCALE, value)


def speed_doubt(drawn: Heartbeat | None, printed_rate: int | None) -> dict[Caution, str]:
    """Return the caution that the drawn beats are not those that the page prints, or not those of a heart."""
    if drawn is None:
        return {}
    if printed_rate is not None and not 1 / _SAME_RATE <= drawn.rate / printed_rate <= _SAME_RATE:
        said = f"the page prints {printed_rate} beats a minute, {drawn.rate:.0f} are drawn"
        return {Caution.SPEED_DOUBTED: said}
    slow = drawn.rate < _SLOW and drawn.width_s > _LONG_S
    if slow or not _RATES[0] <= drawn.rate <= _RATES[1]:
        said = f"{drawn.rate:.0f} beats a minute with complexes of {1000 * drawn.width_s:.0f} ms are drawn"
        return {Caution.SPEED_DOUBTED: said}
    return {}


def _gain(name: str, page: Page, fmt: ReportFormat) -> bool:
    """Tell whether there are calibration pulses and all have the height that the format's gain gives 1 mV."""
    heights = pulse_heights(page, fmt)
    settings = {setting for mm in heights for setting in _GAINS if math.isclose(mm, setting, rel_tol=_SAME_HEIGHT)}
    others = sorted(settings - {fmt.mm_per_mV})
    if others:
        listed = " and ".join(f"{mm:g}" for mm in others)
        value = f"a calibration pulse is {listed} mm high, the format {fmt.name} has {fmt.mm_per_mV:g}"
        raise RefusalError(name, Reason.WRONG_SCALE, value)
    return bool(settings)


def flat_leads(seen: Sequence[Course]) -> list[str]:
    """Return the leads whose course stays within 0.04 mV."""
    return [lead for course in seen if course.seen >= _LEAST_SEEN for lead in _flat_of(course)]


def _flat_of(course: Course) -> list[str]:
    half = course.heights / 2
    reach = np.nanmax(course.millivolts + half, axis=1) - np.nanmin(course.millivolts - half, axis=1)
    reach -= np.nanmin(course.heights, axis=1)  # the pen
    return [lead for lead, height in zip(course.leads, reach, strict=True) if height < _FLAT_MV]


def _order(name: str, fit: LimbLeads) -> Mapping[Caution, str]:
    if is_cabrera(fit):
        raise RefusalError(name, Reason.WRONG_LEADS, f"the limb leads are drawn in the order {', '.join(CABRERA)}")
    otherwise = says_otherwise(fit)
    return {Caution.LEADS_DISAGREE: otherwise} if otherwise else {}

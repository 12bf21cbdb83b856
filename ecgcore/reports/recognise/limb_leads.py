"""Whether the limb leads of a page are those that its format has in their places.

All six are views of one vector in the frontal plane: III = II - I (Einthoven), aVR + aVL + aVF = 0 (Goldberger). Three
or more that are drawn at the same time must therefore lie in a plane, and which plane tells their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.recognise.course import Course, Floats

VIEWS = {
    "I": (1.0, 0.0),
    "II": (0.0, 1.0),
    "III": (-1.0, 1.0),
    "aVR": (-0.5, -0.5),
    "aVL": (1.0, -0.5),
    "aVF": (-0.5, 1.0),
}  # of the vector (I, II)
CABRERA = ("aVL", "I", "-aVR", "II", "aVF", "III")
_CABRERAS = (CABRERA, ("aVL", "I", "aVR", "II", "aVF", "III"))  # some draw aVR upright
_LEAST_SEEN = 0.4  # share of the columns in which every lead is seen
_DISAGREE = 0.2  # left over; right pages leave 0.03 to 0.13, Cabrera and exchanges that show 0.26 and more
_FITS = 0.15  # left over of the order that is drawn; a third of it belongs to the pen and to wandering
_TRIMMED = 0.1  # share of the columns; where traces cross, their pieces of ink change places
_LEAST_MV = 0.03  # rms; below, what is drawn is as small as the line's own width


@dataclass(frozen=True)
class LimbLeads:
    """What the limb leads say about their places.

    Args:
        left_over: share of their size that no vector explains if every lead is in its place, 0..1; NaN if unknown.
        others: the same for other orders, by their leads in the order of the format; looked at only if that is large.
    """

    left_over: float
    others: Mapping[tuple[str, ...], float]


def limb_leads(courses: Sequence[Course]) -> LimbLeads:
    """Measure how well the limb leads fit their places, and other orders in which machines or people put them."""
    groups = [group for course in courses if (group := _group(course)) is not None]
    if not groups:
        return LimbLeads(float("nan"), {})
    leads = tuple(lead for group in groups for lead in group.leads)
    left_over = min(_left_over(groups, leads), _left_over(groups, leads, _TRIMMED))
    others = _orders(leads) if left_over >= _DISAGREE else ()
    return LimbLeads(left_over, {order: _left_over(groups, order, _TRIMMED) for order in others})


def is_cabrera(fit: LimbLeads) -> bool:
    """Tell whether the leads are beyond doubt drawn in Cabrera's order.

    Theirs does not explain them, and Cabrera's does, at least three times better and better than any exchange of two.
    """
    if not fit.left_over >= _DISAGREE or not fit.others:
        return False
    best = min(fit.others, key=lambda each: fit.others[each])
    return best in _CABRERAS and fit.others[best] <= min(_FITS, fit.left_over / 3)


def says_otherwise(fit: LimbLeads) -> str:
    """Return in words that the leads do not fit their places, with the order that would fit; empty if they do."""
    if not fit.left_over >= _DISAGREE:
        return ""
    said = f"{fit.left_over:.0%} of the limb leads is explained by no heart vector"
    order = min(fit.others, key=lambda each: fit.others[each])
    return f"{said}; {', '.join(order)} would fit" if fit.others[order] <= _FITS else said


@dataclass(frozen=True)
class _Group:
    """Simultaneous limb leads and their course, (leads, n), mV from each lead's mean."""

    leads: tuple[str, ...]
    millivolts: Floats


def _group(course: Course) -> _Group | None:
    """Return the limb leads of a course; None if they tell nothing."""
    rows = [i for i, lead in enumerate(course.leads) if lead in VIEWS]
    if len(rows) < 3 or course.seen < _LEAST_SEEN:
        return None
    values = course.millivolts[rows]
    values = values[:, np.isfinite(values).all(axis=0)]
    values = values - values.mean(axis=1, keepdims=True)
    if np.sqrt((values**2).mean()) < _LEAST_MV:
        return None
    return _Group(tuple(course.leads[i] for i in rows), values)


def _orders(leads: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield Cabrera's order and every exchange of two leads."""
    if len(leads) == len(CABRERA):
        yield from _CABRERAS
    for i, j in combinations(range(len(leads)), 2):
        order = list(leads)
        order[i], order[j] = order[j], order[i]
        yield tuple(order)


def _left_over(groups: Sequence[_Group], order: tuple[str, ...], trimmed: float = 0.0) -> float:
    """Return the share of the leads' size that no vector explains, without the worst ``trimmed`` of the columns."""
    taken, left, whole = 0, 0.0, 0.0
    for group in groups:
        names = order[taken : taken + len(group.leads)]
        taken += len(names)
        unexplained = ((_outside(names) @ group.millivolts) ** 2).sum(axis=0)
        kept = unexplained <= np.quantile(unexplained, 1 - trimmed)
        left += float(unexplained[kept].sum())
        whole += float((group.millivolts[:, kept] ** 2).sum())
    return float(np.sqrt(left / whole)) if whole else 0.0


@cache
def _outside(leads: tuple[str, ...]) -> Floats:
    """Return the projection on what no vector explains of leads that are these; symmetric, (leads, leads)."""
    views = np.array([_view(lead) for lead in leads])
    return np.asarray(np.eye(len(leads)) - views @ np.linalg.pinv(views))


def _view(lead: str) -> NDArray[np.float64]:
    view = np.array(VIEWS[lead.lstrip("-")])
    return -view if lead.startswith("-") else view

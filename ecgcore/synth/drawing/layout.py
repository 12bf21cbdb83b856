"""Where everything stands on a report page: pixels at 300 dpi, measured from the top left corner.

1 mm = 300 / 25.4 px; the paper moves 25 mm in a second and 10 mm in a millivolt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from ecgcore.synth.heart.lead import LEADS

DPI = 300
PT_PER_PX = 72 / DPI
PX_PER_MM = DPI / 25.4
PX_PER_S = 25 * PX_PER_MM
PX_PER_MV = 10 * PX_PER_MM

LINE_PX = 2.5  # width of a trace
LABEL_MARGIN_PX = 2


class EcgFormat(StrEnum):
    """The two report formats: ``old`` has no grid and 6 x 2 leads, ``new`` a red grid and 3 x 4 leads."""

    OLD = "old"
    NEW = "new"


class Paper(StrEnum):
    """Landscape page sizes."""

    LETTER = "letter"
    A4 = "a4"

    @property
    def points(self) -> tuple[float, float]:
        """Width and height in points (1/72 inch).

        A4 is drawn 3508 x 2480 px exactly: at 595.28 pt some versions of poppler make 2481 rows of it.
        """
        return {Paper.LETTER: (792.0, 612.0), Paper.A4: (841.92, 595.2)}[self]


@dataclass(frozen=True)
class Box:
    """A rectangle of the page in px; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Place:
    """Where one lead is drawn.

    Args:
        lead: name of the lead.
        column: what the trace is clipped to; the trace starts at ``column.left``.
        baseline: y of 0 mV.
        start_s: time of the record at ``column.left``.
        seconds: how much of the record is drawn.
        label: the rectangle that holds the lead's name.
    """

    lead: str
    column: Box
    baseline: float
    start_s: float
    seconds: float
    label: Box

    def x(self, time_s: float) -> float:
        """Page x in px of a time of the record in seconds."""
        return self.column.left + (time_s - self.start_s) * PX_PER_S

    def y(self, millivolt: float) -> float:
        """Page y in px of an amplitude in mV."""
        return self.baseline - millivolt * PX_PER_MV


_OLD_ORIGIN = (176, 258)  # the box of the 1D extraction; its labels are given in it
_OLD_COLUMNS = (0, 1472, 2950)
_OLD_ROW_PX = 220
_OLD_BASELINE = 22 + 150  # rows start 22 px into the box, where the box of the image starts
_OLD_LABEL_X = ((8, 29), (12, 37), (14, 50), (9, 98), (7, 92), (10, 87))
_OLD_LABEL_Y = ((26, 56), (249, 275), (468, 500), (686, 721), (901, 942), (1122, 1163))
_OLD_CHEST_Y = ((21, 58), (247, 279), (469, 496), (679, 717), (908, 941), (1125, 1163))
_OLD_CHEST_X = (1480, 1539)

_NEW_ORIGIN = (82, 950)
_NEW_COLUMNS = (0, 740, 1478, 2217, 2956)
_NEW_ROW_PX = 350
_NEW_BASELINE = 200
_NEW_LABEL_X = (((13, 33), (13, 63), (13, 93)), ((770, 858),) * 3, ((1525, 1582),) * 3, ((2285, 2341),) * 3)
_NEW_LABEL_Y = ((46, 77), (400, 431), (754, 785))
_NEW_RHYTHM_ROW = 3

TRACE_AREA = {
    EcgFormat.OLD: Box(176, 262, 3126, 1672),
    EcgFormat.NEW: Box(82, 893, 3038, 2424),
}


def _box(origin: tuple[int, int], x: tuple[int, int], y: tuple[int, int]) -> Box:
    return Box(origin[0] + x[0], origin[1] + y[0], origin[0] + x[1], origin[1] + y[1])


def _column(fmt: EcgFormat, origin: tuple[int, int], left: int, right: int) -> Box:
    return Box(origin[0] + left, TRACE_AREA[fmt].top, origin[0] + right, TRACE_AREA[fmt].bottom)


def _old_place(index: int) -> Place:
    column, row = divmod(index, 6)
    x = _OLD_CHEST_X if column else _OLD_LABEL_X[row]
    y = (_OLD_CHEST_Y if column else _OLD_LABEL_Y)[row]
    clip = _column(EcgFormat.OLD, _OLD_ORIGIN, _OLD_COLUMNS[column], _OLD_COLUMNS[column + 1])
    baseline = _OLD_ORIGIN[1] + _OLD_BASELINE + row * _OLD_ROW_PX
    return Place(LEADS[index], clip, baseline, 5.0 * column, 5.0, _box(_OLD_ORIGIN, x, y))


def _new_place(index: int) -> Place:
    column, row = divmod(index, 3)
    clip = _column(EcgFormat.NEW, _NEW_ORIGIN, _NEW_COLUMNS[column], _NEW_COLUMNS[column + 1])
    baseline = _NEW_ORIGIN[1] + _NEW_BASELINE + row * _NEW_ROW_PX
    label = _box(_NEW_ORIGIN, _NEW_LABEL_X[column][row], _NEW_LABEL_Y[row])
    return Place(LEADS[index], clip, baseline, 2.5 * column, 2.5, label)


@cache
def places(fmt: EcgFormat) -> tuple[Place, ...]:
    """The twelve leads of a format, in the order of ``LEADS``."""
    make = _old_place if fmt is EcgFormat.OLD else _new_place
    return tuple(make(index) for index in range(len(LEADS)))


@cache
def rhythm_place() -> Place:
    """The strip of lead II under the twelve leads of the new format."""
    top = _NEW_RHYTHM_ROW * _NEW_ROW_PX
    clip = _column(EcgFormat.NEW, _NEW_ORIGIN, _NEW_COLUMNS[0], _NEW_COLUMNS[-1])
    label = _box(_NEW_ORIGIN, (13, 63), (top + 46, top + 77))
    return Place("II", clip, _NEW_ORIGIN[1] + top + _NEW_BASELINE, 0.0, 10.0, label)

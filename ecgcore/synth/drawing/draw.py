"""Draws a report page: grid, lead labels, traces and header, as vectors."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import ReportError
from ecgcore.synth.drawing.layout import (
    LABEL_MARGIN_PX,
    LINE_PX,
    PT_PER_PX,
    PX_PER_MM,
    PX_PER_MV,
    PX_PER_S,
    Box,
    EcgFormat,
    Paper,
    Place,
    places,
    rhythm_place,
)
from ecgcore.synth.drawing.page_header import Header
from ecgcore.synth.drawing.pdf import Page, text_operator, write_pdf
from ecgcore.synth.heart.lead import LEADS

GRID_LIGHT = (250, 200, 168)
GRID_MAJOR = (216, 111, 98)
GRID_DARK = (168, 0, 0)

_UNITS_PER_PX = 100  # traces are written as whole hundredths of a px: 0.085 microvolt
_GRID_LEFT, _GRID_TOP = 23, 891  # one large square left of and above the ECG box
_GRID_COLUMNS, _GRID_ROWS = 52, 26  # in large squares of 5 mm
_LABEL_PX = {EcgFormat.OLD: 32.0, EcgFormat.NEW: 38.0}
_CALIBRATION = {EcgFormat.OLD: (96, 40), EcgFormat.NEW: (28, 44)}  # left edge and width of the 1 mV step, px
_TICK_MM = 4
_INSET_PX = 0.1


def _inset_rectangle(box: Box) -> str:
    """A rectangle a little smaller: renderers count a sub-pixel whose edge is only touched as covered."""
    left, top = box.left + _INSET_PX, box.top + _INSET_PX
    return f"{left:.1f} {top:.1f} {box.right - _INSET_PX - left:.1f} {box.bottom - _INSET_PX - top:.1f} re\n"


def _rectangles(boxes: Iterable[Box], colour: tuple[int, int, int]) -> bytes:
    red, green, blue = (channel / 255 for channel in colour)
    shapes = "".join(_inset_rectangle(box) for box in boxes)
    return f"{red:.5f} {green:.5f} {blue:.5f} rg\n{shapes}f\n".encode()


def _line_starts(origin: int, squares: int, step_mm: int) -> list[int]:
    return [origin + round(index * step_mm * PX_PER_MM) for index in range(squares * 5 // step_mm + 1)]


def _grid_lines(step_mm: int, width: int) -> list[Box]:
    across = _line_starts(_GRID_LEFT, _GRID_COLUMNS, step_mm)
    down = _line_starts(_GRID_TOP, _GRID_ROWS, step_mm)
    upright = [Box(x, _GRID_TOP, x + width, down[-1]) for x in across]
    level = [Box(_GRID_LEFT, y, across[-1] + width, y + width) for y in down]
    return upright + level


def _frame() -> list[Box]:
    right = _line_starts(_GRID_LEFT, _GRID_COLUMNS, 5)[-1]
    bottom = _line_starts(_GRID_TOP, _GRID_ROWS, 5)[-1]
    return [
        Box(_GRID_LEFT, _GRID_TOP, right + 3, _GRID_TOP + 3),
        Box(_GRID_LEFT, bottom, right + 3, bottom + 3),
        Box(_GRID_LEFT, _GRID_TOP, _GRID_LEFT + 3, bottom + 3),
        Box(right, _GRID_TOP, right + 3, bottom + 3),
    ]


def _tick(place: Place) -> Box:
    half = round(_TICK_MM * PX_PER_MM / 2)
    return Box(place.column.left, place.baseline - half, place.column.left + 2, place.baseline + half)


@cache
def _grid() -> bytes:
    """Filled rectangles on whole pixels: a renderer that smooths edges keeps the exact colours."""
    ticks = [_tick(place) for place in places(EcgFormat.NEW)]
    return b"".join(
        (
            _rectangles(_grid_lines(1, 1), GRID_LIGHT),
            _rectangles(_grid_lines(5, 2), GRID_MAJOR),
            _rectangles(_frame() + ticks, GRID_DARK),
        )
    )


def _path(points_px: NDArray[np.float64]) -> bytes:
    units = np.rint(points_px * _UNITS_PER_PX).astype(np.int64)
    code = "%d %d m\n" + "%d %d l\n" * (len(units) - 1) + "S\n"
    return (code % tuple(units.ravel().tolist())).encode()


def _trace_points(signal: NDArray[np.float64], fs: float, place: Place) -> NDArray[np.float64]:
    first = round(place.start_s * fs)
    part = signal[first : first + round(place.seconds * fs) + 1]
    x = place.column.left + np.arange(len(part)) / fs * PX_PER_S
    y = place.baseline - part * PX_PER_MV
    return np.column_stack([x, y])


def _clip(box: Box) -> bytes:
    u = _UNITS_PER_PX
    size = (box.right - box.left, box.bottom - box.top)
    return b"%d %d %d %d re W n\n" % (box.left * u, box.top * u, size[0] * u, size[1] * u)


def _trace(signal: NDArray[np.float64], fs: float, place: Place) -> bytes:
    return b"q\n" + _clip(place.column) + _path(_trace_points(signal, fs, place)) + b"Q\n"


@cache
def _calibration(fmt: EcgFormat) -> bytes:
    left, width = _CALIBRATION[fmt]
    rows = sorted({place.baseline for place in places(fmt)})
    foot = 8
    steps = ((0, 0), (foot, 0), (foot, -PX_PER_MV), (width - foot, -PX_PER_MV), (width - foot, 0), (width, 0))
    return b"".join(_path(np.array([(left + x, row + y) for x, y in steps])) for row in rows)


def _traces(signals: NDArray[np.float64], fs: float, fmt: EcgFormat) -> bytes:
    code = [_trace(signals[LEADS.index(place.lead)], fs, place) for place in places(fmt)]
    if fmt is EcgFormat.NEW:
        code.append(_trace(signals[LEADS.index("II")], fs, rhythm_place()))
    return b"".join(code)


def _text(text: str, left: float, baseline: float, size_px: float, height_pt: float, font: str = "F1") -> bytes:
    y_pt = height_pt - baseline * PT_PER_PX
    return text_operator(text, left * PT_PER_PX, y_pt, size_px * PT_PER_PX, font) if text else b""


def _labels(fmt: EcgFormat, height_pt: float) -> bytes:
    shown = [*places(fmt)] + ([rhythm_place()] if fmt is EcgFormat.NEW else [])
    return b"".join(
        _text(p.lead, p.label.left + LABEL_MARGIN_PX, p.label.bottom - LABEL_MARGIN_PX, _LABEL_PX[fmt], height_pt, "F2")
        for p in shown
    )


def _header_lines(fmt: EcgFormat, header: Header) -> list[tuple[str, float, float, float, str]]:
    """Text, left, baseline, size (px) and font of each printed line."""
    if fmt is EcgFormat.OLD:
        return [
            (header.name, 180, 110, 46, "F2"),
            (header.number_text, 180, 170, 42, "F1"),
            (f"{header.age_text}  {header.sex_text}".strip(), 180, 225, 38, "F1"),
            (header.date_text, 1300, 110, 42, "F1"),
            (header.time_text, 1300, 170, 42, "F1"),
            (header.rate_text, 2100, 110, 42, "F1"),
            ("25 mm/s   10 mm/mV   0.05-150 Hz   50 Hz", 180, 1790, 38, "F1"),
        ]
    return [
        (header.number_text, 90, 130, 46, "F2"),
        (header.name, 90, 195, 46, "F1"),
        (f"{header.age_text}  {header.sex_text}".strip(), 90, 260, 42, "F1"),
        (header.date_text, 1200, 130, 46, "F1"),
        (header.time_text, 1200, 195, 46, "F1"),
        (header.rate_text, 2200, 130, 42, "F1"),
        ("12 leads, standard placement", 1200, 330, 38, "F1"),
        ("Unconfirmed", 2200, 330, 38, "F1"),
        ("Speed: 25 mm/s   Limb: 10 mm/mV   Chest: 10 mm/mV", 90, 860, 36, "F1"),
    ]


def _header(fmt: EcgFormat, header: Header, height_pt: float) -> bytes:
    foot = (header.notice, 1300.0, 2468.0, 30.0, "F1")
    lines = [*_header_lines(fmt, header), foot]
    return b"".join(_text(text, left, y, size, height_pt, font) for text, left, y, size, font in lines)


def _scaled(height_pt: float, units_per_px: int) -> bytes:
    scale = PT_PER_PX / units_per_px
    return f"q {scale:.6f} 0 0 {-scale:.6f} 0 {height_pt:.4f} cm\n".encode()


def report_page(
    signals_mv: NDArray[np.float64], fs: float, fmt: EcgFormat | str, paper: Paper | str, header: Header
) -> Page:
    """Draw a report as one page.

    Args:
        signals_mv: ``(12, n)`` in mV, in the order of ``LEADS``; at least 10 s. Time runs on from column to column.
        fs: samples per second.
        fmt: ``old`` or ``new``.
        paper: ``letter`` or ``a4``.
        header: what is printed.

    Raises:
        ReportError: the signals have another shape, are shorter than 10 s or hold values that are not finite.
    """
    signals = _checked(signals_mv, fs)
    fmt, paper = EcgFormat(fmt), Paper(paper)
    width_pt, height_pt = paper.points
    grid = _scaled(height_pt, 1) + _grid() + b"Q\n" if fmt is EcgFormat.NEW else b""
    pen = b"0 G 1 J 1 j %d w\n" % round(LINE_PX * _UNITS_PER_PX)
    ink = _scaled(height_pt, _UNITS_PER_PX) + pen + _calibration(fmt) + _traces(signals, fs, fmt) + b"Q\n"
    text = b"0 g\n" + _labels(fmt, height_pt) + _header(fmt, header, height_pt)
    return Page(width_pt, height_pt, grid + ink + text)


def draw_report(
    signals_mv: NDArray[np.float64],
    fs: float,
    fmt: EcgFormat | str,
    paper: Paper | str,
    header: Header,
    path: Path,
) -> None:
    """Draw a report (see ``report_page``) and write it as a one-page PDF."""
    write_pdf([report_page(signals_mv, fs, fmt, paper, header)], path)


def _checked(signals_mv: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    signals = np.asarray(signals_mv, dtype=np.float64)
    if signals.ndim != 2 or len(signals) != len(LEADS) or signals.shape[1] < round(10 * fs):
        rule = f"a report needs 12 leads of at least 10 s, got an array of shape {signals.shape} at {fs:g} Hz"
        raise ReportError("signals", rule, "pass an array (12, n) in mV in the order I, II, III, aVR..aVF, V1..V6")
    if not np.isfinite(signals).all():
        raise ReportError("signals", "every sample must be a finite number", "fill or cut the gaps of the record first")
    return signals

"""The dark strokes of page 1 of a PDF as polylines, in px at 300 dpi from the top left corner of the page."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.file.pdf_frame import Points, frame_of
from ecgcore.reports.file.source import Source
from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.reason import Reason, RefusalError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_MOST_OBJECTS, _MOST_POINTS = 200_000, 500_000  # a report whose every segment is a path of its own has 30,000
_MOST_NESTED = 5  # forms in forms
_DARK_BELOW = 100  # of 255, in every channel
_TOUCHING_PX = 0.5  # a path that starts this near to the end of the one before goes on with it
_CURVE_AT = np.array([0.25, 0.5, 0.75, 1.0])


def dark_strokes(source: Source, limits: Limits) -> list[Points]:
    """Return every dark stroked path of the first page, in drawing order; each (n, 2) px, n >= 2.

    Paths that go on where the one before them ends are joined, so that a trace drawn piece by piece is one polyline.
    Curves become four chords. Only call this for a file that Poppler has rendered within the limits.

    Raises:
        RefusalError: pdfium cannot read the file, or the page has too many objects or points, or takes too long.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(source.pdf()) as document:
            return _joined(_strokes(source.name, document, limits))
    except PdfiumError as e:
        raise RefusalError(source.name, Reason.UNREADABLE, "its paths cannot be read") from e


def _strokes(name: str, document: PdfDocument, limits: Limits) -> Iterator[Points]:
    import pypdfium2.raw as pdfium

    page = document[0]
    frame = frame_of(page)
    points_left, deadline = _MOST_POINTS, time.monotonic() + limits.seconds
    for path, matrix in _paths(name, page):
        points_left -= pdfium.FPDFPath_CountSegments(path)
        if points_left < 0 or time.monotonic() > deadline:
            raise RefusalError(name, Reason.TOO_LARGE, f"more than {_MOST_POINTS} points, or {limits.seconds} s")
        if _is_dark_stroke(path):
            for points in _subpaths(path):
                yield frame.seen(points @ matrix[:2] + matrix[2])


def _paths(name: str, page: PdfPage) -> Iterator[tuple[Any, Points]]:
    """Yield each path object with its matrix (3, 2), forms included."""
    import pypdfium2.raw as pdfium

    kinds = [pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_FORM]
    for count, item in enumerate(page.get_objects(filter=kinds, max_depth=_MOST_NESTED)):
        if count >= _MOST_OBJECTS:
            raise RefusalError(name, Reason.TOO_LARGE, f"more than {_MOST_OBJECTS} drawn objects")
        if item.type == pdfium.FPDF_PAGEOBJ_PATH:
            yield item.raw, _matrix(item)


def _matrix(item: Any) -> Points:
    """Return the object's matrix times those of the forms that hold it."""
    a, b, c, d, e, f = item.get_matrix().get()
    own = np.array([[a, b], [c, d], [e, f]])
    if item.container is None:
        return own
    outer = _matrix(item.container)
    product = own @ outer[:2]
    product[2] += outer[2]
    return product


def _is_dark_stroke(path: Any) -> bool:
    import pypdfium2.raw as pdfium

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(path, fill, stroke) or not stroke.value:
        return False
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetStrokeColor(path, red, green, blue, opacity):
        return True
    return max(red.value, green.value, blue.value) < _DARK_BELOW and opacity.value > 0


def _subpaths(path: Any) -> Iterator[Points]:
    """Yield the parts of a path between its moves, in its own space."""
    kinds, points = _segments(path)
    import pypdfium2.raw as pdfium

    starts = [*np.flatnonzero(kinds == pdfium.FPDF_SEGMENT_MOVETO), len(kinds)]
    for first, end in pairwise(starts):
        part = points[first:end]
        curved = kinds[first:end] == pdfium.FPDF_SEGMENT_BEZIERTO
        if len(part) > 1:
            yield _chords(part, curved) if curved.any() else part


def _segments(path: Any) -> tuple[NDArray[np.int64], Points]:
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_float(), ctypes.c_float()
    kinds, points = [], []
    for i in range(pdfium.FPDFPath_CountSegments(path)):
        segment = pdfium.FPDFPath_GetPathSegment(path, i)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        kinds.append(pdfium.FPDFPathSegment_GetType(segment))
        points.append((x.value, y.value))
    return np.array(kinds, np.int64), np.array(points, float).reshape(-1, 2)


def _chords(points: Points, curved: NDArray[np.bool_]) -> Points:
    """Replace cubic curves, of which three points each are given, by four chords."""
    out, i = [points[0]], 1
    t = _CURVE_AT[:, None]
    while i < len(points):
        if curved[i] and i + 2 < len(points):
            p0, (p1, p2, p3) = out[-1], points[i : i + 3]
            out.extend((1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t**2 * p2 + t**3 * p3)
            i += 3
        else:
            out.append(points[i])
            i += 1
    return np.array(out)


def _joined(strokes: Iterator[Points]) -> list[Points]:
    chains: list[list[Points]] = []
    for points in strokes:
        if chains and np.abs(chains[-1][-1][-1] - points[0]).max() <= _TOUCHING_PX:
            chains[-1].append(points[1:])
        else:
            chains.append([points])
    return [np.concatenate(chain) for chain in chains]

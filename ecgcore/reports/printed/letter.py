"""The letters of a PDF page, each where it is seen on the page."""

from __future__ import annotations

import ctypes
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecgcore.reports.file.pdf_frame import Frame
from ecgcore.reports.page.box import Box

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

_MOST_LETTERS = 20_000
_NO_LETTERS = {0, 0xFFFE, 0xFFFF, 0xFFFD}
Edges = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Writing:
    """What one text object of a PDF shares among its letters.

    Args:
        key: the address of the object in pdfium.
        raw: the object.
        turn: in which direction one reads it as the page is seen: quarter turns clockwise from left to right.
    """

    key: int
    raw: Any
    turn: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, px at 300 dpi from the top left corner of the page as it is seen.

    Args:
        text: the character; a replacement character if its font does not say which it is.
        ink: left, top, right and bottom of what is drawn of it.
        cell: the same of the place it takes in its line: as wide as its step, as high as its font.
        writing: the object that it belongs to.
    """

    text: str
    ink: Edges
    cell: Edges
    writing: Writing

    @property
    def is_sign(self) -> bool:
        """Whether it is a letter or a digit, of which the whole colour is seen."""
        return self.text.isalnum()

    @property
    def follows(self) -> bool:
        """Whether it is drawn only with others, as a space or an accent."""
        return self.text.isspace() or unicodedata.category(self.text[0]).startswith("M")

    @property
    def is_unknown(self) -> bool:
        return self.text == "\N{REPLACEMENT CHARACTER}"

    @property
    def box(self) -> Box:
        """What is drawn of it in whole px, at least one."""
        left, top, right, bottom = self.ink
        return Box(int(left), int(top), max(int(left), int(right)) + 1, max(int(top), int(bottom)) + 1)

    def lies_in(self, box: Box) -> bool:
        """Tell whether its middle is in a box."""
        left, top, right, bottom = self.ink
        return box.left <= (left + right) / 2 < box.right and box.top <= (top + bottom) / 2 < box.bottom


def letters_of(words: PdfTextPage, frame: Frame) -> list[Letter]:
    """Return the first 20,000 letters of a page in the order of its content, without what pdfium adds between them."""
    import pypdfium2.raw as pdfium

    signs: list[tuple[str, Writing]] = []
    inks: list[Edges] = []
    cells: list[Edges] = []
    known: dict[int, Writing] = {}
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    loose = pdfium.FS_RECTF()
    for i in range(min(words.count_chars(), _MOST_LETTERS)):
        raw = pdfium.FPDFText_GetTextObject(words, i)
        if not raw or pdfium.FPDFText_IsGenerated(words, i) == 1:
            continue
        key = ctypes.addressof(raw.contents)
        if key not in known:
            known[key] = Writing(key, raw, _turn(words, i, frame))
        pdfium.FPDFText_GetCharBox(words, i, left, right, bottom, top)
        pdfium.FPDFText_GetLooseCharBox(words, i, loose)
        signs.append((_character(words, i), known[key]))
        inks.append((left.value, bottom.value, right.value, top.value))
        cells.append((loose.left, loose.bottom, loose.right, loose.top))
    places = zip(_seen(inks, frame), _seen(cells, frame), strict=True)
    return [Letter(text, ink, cell, writing) for (text, writing), (ink, cell) in zip(signs, places, strict=True)]


def _seen(boxes: list[Edges], frame: Frame) -> list[Edges]:
    edges = frame.edges(np.array(boxes, float).reshape(-1, 4))
    return [(left, top, right, bottom) for left, top, right, bottom in edges.tolist()]


def _character(words: PdfTextPage, i: int) -> str:
    import pypdfium2.raw as pdfium

    code = pdfium.FPDFText_GetUnicode(words, i)
    unknown = code in _NO_LETTERS or pdfium.FPDFText_HasUnicodeMapError(words, i) == 1
    return "\N{REPLACEMENT CHARACTER}" if unknown else chr(code)


def _turn(words: PdfTextPage, i: int, frame: Frame) -> int:
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(words, i, matrix)
    start, end = frame.seen(np.array([[0.0, 0.0], [matrix.a, matrix.b]]))
    return round(float(np.arctan2(end[1] - start[1], end[0] - start[0])) / (np.pi / 2)) % 4

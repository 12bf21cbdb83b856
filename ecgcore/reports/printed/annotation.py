"""What lies on a page without being of it: a reader's marks and form fields.

The image is made without them. What they say is read all the same, because a person sees it.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_MOST = 1_000
_HIDDEN, _NO_VIEW = 2, 32  # of the flags of an annotation
_LONGEST = 2_000  # characters


@dataclass(frozen=True)
class Annotations:
    """What is shown on a page beside its content.

    Args:
        shown: how many there are.
        marks: how many of them are no form fields.
        said: by notes that no appearance was saved for; viewers draw their text.
    """

    shown: int = 0
    marks: int = 0
    said: tuple[str, ...] = ()


def merge_annotations(document: PdfDocument, index: int, page: PdfPage) -> tuple[PdfPage, Annotations]:
    """Make what is shown on the page at ``index`` a part of its content.

    Left out are pop-ups, links, and what is hidden or for print only. What is on a layer that is switched off stays:
    some viewers, pdfium's among them, show it all the same.

    Returns:
        the page, opened anew if anything lies on it, and what that is.
    """
    import pypdfium2.raw as pdfium

    if not pdfium.FPDFPage_GetAnnotCount(page):
        return page, Annotations()
    count, marks = 0, 0
    said: list[str] = []
    for i in reversed(range(pdfium.FPDFPage_GetAnnotCount(page))):
        annotation = pdfium.FPDFPage_GetAnnot(page, i)
        shown = i < _MOST and _is_shown(annotation)
        if shown:
            count += 1
            marks += pdfium.FPDFAnnot_GetSubtype(annotation) != pdfium.FPDF_ANNOT_WIDGET
            said += _unsaved_text(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if not shown:
            pdfium.FPDFPage_RemoveAnnot(page, i)
    pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
    page.close()
    return document[index], Annotations(count, marks, tuple(said))


def _is_shown(annotation: Any) -> bool:
    import pypdfium2.raw as pdfium

    if pdfium.FPDFAnnot_GetSubtype(annotation) in (pdfium.FPDF_ANNOT_POPUP, pdfium.FPDF_ANNOT_LINK):
        return False
    return not pdfium.FPDFAnnot_GetFlags(annotation) & (_HIDDEN | _NO_VIEW)


def _unsaved_text(annotation: Any) -> list[str]:
    import pypdfium2.raw as pdfium

    free_text = pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_FREETEXT
    if not free_text or pdfium.FPDFAnnot_HasKey(annotation, b"AP"):
        return []
    text = ctypes.create_string_buffer(2 * _LONGEST)
    wide = ctypes.cast(text, ctypes.POINTER(pdfium.FPDF_WCHAR))
    size = pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", wide, 2 * _LONGEST)
    return [text.raw[: min(size, 2 * _LONGEST)].decode("utf-16-le", "replace").rstrip("\0")]

"""The text that page 1 of a PDF prints, what stands where the leads' names belong, and how many pages there are."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.reports.format import ReportFormat
from ecgcore.reports.limits import Limits
from ecgcore.reports.poppler import poppler_folder
from ecgcore.reports.reason import Reason, RefusalError
from ecgcore.reports.render import page_count
from ecgcore.reports.source import Source

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

_MOST_CHARACTERS = 20_000
_LONGEST_NAME = 20
_POINTS_PER_INCH, _MM_PER_INCH = 72.0, 25.4


@dataclass(frozen=True)
class PageText:
    """Args:
    pages: pages of the PDF.
    text: printed on the first; empty for a scan.
    lead_names: lead to the text in the place of its name; empty where the page is turned or its places are not known.
    """

    pages: int
    text: str
    lead_names: Mapping[str, str]


def read_text(source: Source, fmt: ReportFormat, limits: Limits) -> PageText:
    """Read the text layer of page 1. Called only after Poppler has rendered the page within the limits.

    pdfium reads it in 3 ms without a process; what it cannot open is read by Poppler.

    Raises:
        RefusalError: Poppler fails too.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(source.data) as document:
            page = document[0]
            words = page.get_textpage()
            text = words.get_text_bounded()[:_MOST_CHARACTERS]
            return PageText(len(document), text, _lead_names(page, words, fmt) if text.strip() else {})
    except PdfiumError:
        return PageText(page_count(source.path, limits), _poppler_text(source.path, limits), {})


def _lead_names(page: PdfPage, words: PdfTextPage, fmt: ReportFormat) -> dict[str, str]:
    """Return what is printed in each lead's label box, a millimetre around it, and as far right as a name may reach."""
    left, bottom, right, top = page.get_mediabox()
    if page.get_rotation() or tuple(page.get_cropbox()) != (left, bottom, right, top):
        return {}
    points, margin = _POINTS_PER_INCH / fmt.dpi, round(fmt.dpi / _MM_PER_INCH)
    widest = max(box.width for box in fmt.label_boxes.values())
    places = {
        lead: replace(box, right=box.left + widest).moved(fmt.signal_box.left, fmt.signal_box.top).grown(margin, margin)
        for lead, box in fmt.label_boxes.items()
    }
    return {
        lead: words.get_text_bounded(
            left + box.left * points, top - box.bottom * points, left + box.right * points, top - box.top * points
        )[:_LONGEST_NAME]
        for lead, box in places.items()
    }


def _poppler_text(pdf: Path, limits: Limits) -> str:
    command = [str(Path(poppler_folder(limits)) / "pdftotext"), "-f", "1", "-l", "1", "-enc", "UTF-8", str(pdf), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.seconds, check=True)
    except subprocess.TimeoutExpired as e:
        raise RefusalError(pdf.name, Reason.TOO_SLOW, f"text takes more than {limits.seconds} s") from e
    except subprocess.CalledProcessError as e:
        raise RefusalError(pdf.name, Reason.UNREADABLE, "its text cannot be read") from e
    return done.stdout.decode("utf-8", "replace")[:_MOST_CHARACTERS]

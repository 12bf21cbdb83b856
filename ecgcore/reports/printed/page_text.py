"""The text that page 1 of a PDF prints, what stands where the leads' names belong, and how many pages there are."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.reports.file.pdf_frame import Frame, frame_of
from ecgcore.reports.file.poppler import poppler_folder
from ecgcore.reports.file.render import page_count
from ecgcore.reports.file.source import Source
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.reason import Reason, RefusalError

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

_MOST_CHARACTERS = 20_000
_LONGEST_NAME = 20
_MM_PER_INCH = 25.4


@dataclass(frozen=True)
class PageText:
    """Args:
    pages: pages of the PDF.
    text: printed on the first; empty for a scan.
    lead_names: lead to the text in the place of its name; empty for a scan, and where pdfium and Poppler see
        different pages, so that no place is known.
    """

    pages: int
    text: str
    lead_names: Mapping[str, str]


def read_text(source: Source, fmt: ReportFormat, size: tuple[int, int], limits: Limits) -> PageText:
    """Read the text layer of page 1. Called only after Poppler has rendered the page within the limits.

    pdfium reads it in 3 ms without a process; what it cannot open is read by Poppler.

    Args:
        source: a PDF.
        fmt: the format of its page, which says where the leads' names belong.
        size: (width, height) in px of the page that Poppler rendered.
        limits: bounds on what Poppler may use.

    Raises:
        RefusalError: Poppler fails too.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(source.data) as document:
            page = document[0]
            frame, words = frame_of(page), page.get_textpage()
            text = words.get_text_bounded()[:_MOST_CHARACTERS]
            known = bool(text.strip()) and frame.has_size(size)
            return PageText(len(document), text, _lead_names(words, frame, fmt) if known else {})
    except PdfiumError:
        return PageText(page_count(source.path, limits), _poppler_text(source.path, limits), {})


def _lead_names(words: PdfTextPage, frame: Frame, fmt: ReportFormat) -> dict[str, str]:
    """Return what is printed in each lead's label box, a millimetre around it, and as far right as a name may reach."""
    margin = round(fmt.dpi / _MM_PER_INCH)
    widest = max(box.width for box in fmt.label_boxes.values())
    places = {
        lead: replace(box, right=box.left + widest).moved(fmt.signal_box.left, fmt.signal_box.top).grown(margin, margin)
        for lead, box in fmt.label_boxes.items()
    }
    return {lead: words.get_text_bounded(*frame.region(box))[:_LONGEST_NAME] for lead, box in places.items()}


def _poppler_text(pdf: Path, limits: Limits) -> str:
    command = [str(Path(poppler_folder(limits)) / "pdftotext"), "-f", "1", "-l", "1", "-enc", "UTF-8", str(pdf), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.seconds, check=True)
    except subprocess.TimeoutExpired as e:
        raise RefusalError(pdf.name, Reason.TOO_SLOW, f"text takes more than {limits.seconds} s") from e
    except subprocess.CalledProcessError as e:
        raise RefusalError(pdf.name, Reason.UNREADABLE, "its text cannot be read") from e
    return done.stdout.decode("utf-8", "replace")[:_MOST_CHARACTERS]

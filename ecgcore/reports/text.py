"""The text that page 1 of a PDF prints, and how many pages there are."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from ecgcore.reports.limits import Limits
from ecgcore.reports.poppler import poppler_folder
from ecgcore.reports.reason import Reason, RefusalError
from ecgcore.reports.render import page_count
from ecgcore.reports.source import Source

_MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class PageText:
    """Args:
    pages: pages of the PDF.
    text: printed on the first; empty for a scan.
    """

    pages: int
    text: str


def read_text(source: Source, limits: Limits) -> PageText:
    """Read the text layer of page 1. Called only after Poppler has rendered the page within the limits.

    pdfium reads it in 3 ms without a process; what it cannot open is read by Poppler.

    Raises:
        RefusalError: Poppler fails too.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(source.data) as document:
            return PageText(len(document), document[0].get_textpage().get_text_bounded()[:_MOST_CHARACTERS])
    except PdfiumError:
        return PageText(page_count(source.path, limits), _poppler_text(source.path, limits))


def _poppler_text(pdf: Path, limits: Limits) -> str:
    command = [str(Path(poppler_folder(limits)) / "pdftotext"), "-f", "1", "-l", "1", "-enc", "UTF-8", str(pdf), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.seconds, check=True)
    except subprocess.TimeoutExpired as e:
        raise RefusalError(pdf.name, Reason.TOO_SLOW, f"text takes more than {limits.seconds} s") from e
    except subprocess.CalledProcessError as e:
        raise RefusalError(pdf.name, Reason.UNREADABLE, "its text cannot be read") from e
    return done.stdout.decode("utf-8", "replace")[:_MOST_CHARACTERS]

"""The text that a person sees on a page of a PDF, what stands in the places of the leads' names, and the pages."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.reports.file.pdf_frame import frame_of
from ecgcore.reports.file.poppler import poppler_folder
from ecgcore.reports.file.render import page_count
from ecgcore.reports.file.source import Source
from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.reason import Reason, RefusalError
from ecgcore.reports.printed.annotation import merge_annotations
from ecgcore.reports.printed.letter import Letter, letters_of
from ecgcore.reports.printed.line import text_of
from ecgcore.reports.printed.seen import painted_letters, seen_letters

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_MOST_CHARACTERS = 20_000
_LONGEST_NAME = 20
_MM_PER_INCH = 25.4
_PICTURE = re.compile(rb"/Subtype\s*/Image\b")  # a stream, which is never packed with other objects
_UNKNOWN_LETTERS = 3  # fewer may be a logo or a sign


@dataclass(frozen=True)
class PageText:
    """Args:
    pages: pages of the PDF.
    text: the lines that are seen on the one that was read, those of form fields and notes included; empty for a scan.
    marks: notes, drawings and stamps that a reader left on it.
    unread: it shows text that cannot be read: of a font that does not say which letters it draws, or of a picture that
        a machine read into letters, which nobody sees.
    letters: what the page itself writes, each where it is seen; none where pdfium and Poppler see different pages.
    """

    pages: int
    text: str
    marks: int = 0
    unread: bool = False
    letters: tuple[Letter, ...] = field(default=(), repr=False)

    def lead_names(self, fmt: ReportFormat) -> Mapping[str, str]:
        """Return lead to the text in the place of its name; empty where no place is known.

        The place is the lead's label box, a millimetre around it, and as far right as a name may reach.
        """
        if not self.letters:
            return {}
        margin = round(fmt.dpi / _MM_PER_INCH)
        widest = max(box.width for box in fmt.label_boxes.values())
        names: dict[str, str] = {}
        for lead, box in fmt.label_boxes.items():
            place = replace(box, right=box.left + widest).moved(fmt.signal_box.left, fmt.signal_box.top)
            place = place.grown(margin, margin)
            names[lead] = text_of(letter for letter in self.letters if letter.lies_in(place)).strip()[:_LONGEST_NAME]
        return names


def read_text(source: Source, pixels: Pixels, limits: Limits, number: int = 1) -> PageText:
    """Read what is written on a page. Called only after Poppler has rendered the page within the limits.

    pdfium reads it in some ms without a process; what it cannot open is read by Poppler.

    Args:
        source: a PDF.
        pixels: the page that Poppler rendered, uint8 (H, W, 3).
        limits: bounds on what Poppler may use.
        number: of the page, from 1.

    Raises:
        RefusalError: Poppler fails too.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        pdf = source.pdf()
        with PdfDocument(pdf) as document:
            return _page_text(document, number - 1, pixels, pictures=bool(_PICTURE.search(pdf)))
    except PdfiumError:
        return PageText(page_count(source.path, limits), _poppler_text(source.path, limits, number))


def _page_text(document: PdfDocument, index: int, pixels: Pixels, pictures: bool) -> PageText:
    if document.get_formtype():
        document.init_forms()
    page = document[index]
    frame, written = frame_of(page), page.get_textpage()
    height, width = pixels.shape[:2]
    same_page = frame.has_size((width, height))
    letters = letters_of(written, frame)
    seen = seen_letters(letters, page, frame, pixels if same_page else None, pictures)
    page, annotations = merge_annotations(document, index, page)
    laid = painted_letters(letters_of(page.get_textpage(), frame)[len(letters) :]) if annotations.shown else []
    text = text_of([*seen, *laid]) + "".join(f"{said}\n" for said in annotations.said)
    unknown = sum(letter.is_unknown for letter in seen)
    unread = unknown >= _UNKNOWN_LETTERS or (bool(letters) and not text)
    return PageText(len(document), text[:_MOST_CHARACTERS], annotations.marks, unread, tuple(seen) if same_page else ())


def _poppler_text(pdf: Path, limits: Limits, number: int) -> str:
    program, page = str(Path(poppler_folder(limits)) / "pdftotext"), str(number)
    command = [program, "-f", page, "-l", page, "-enc", "UTF-8", str(pdf), "-"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.seconds, check=True)
    except subprocess.TimeoutExpired as e:
        raise RefusalError(pdf.name, Reason.TOO_SLOW, f"text takes more than {limits.seconds} s") from e
    except subprocess.CalledProcessError as e:
        raise RefusalError(pdf.name, Reason.UNREADABLE, "its text cannot be read") from e
    return done.stdout.decode("utf-8", "replace")[:_MOST_CHARACTERS]

"""A page of a PDF, as Poppler renders it whole at 300 dpi, without what readers laid on it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from ecgcore.reports.file.poppler import DPI, poppler_folder
from ecgcore.reports.file.source import Source
from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.limits import MIB, Limits
from ecgcore.reports.page.reason import Reason, RefusalError

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - only a parent of private folders
_FREE_BYTES = 256 * MIB
_POINTS_PER_INCH = 72
_PPM = re.compile(rb"P6\s(\d+)\s(\d+)\s255\s")
_PAGE_SIZE = re.compile(r"([\d.]+) x ([\d.]+) pts")


def scratch_parent() -> str | None:
    """Return where rendered pages are kept for a moment: memory if it has room, else the temporary folder (None)."""
    if not os.access(_SHARED_MEMORY, os.W_OK):
        return None
    space = os.statvfs(_SHARED_MEMORY)
    return str(_SHARED_MEMORY) if space.f_bavail * space.f_frsize > _FREE_BYTES else None


def render_page(source: Source, limits: Limits, number: int = 1) -> Pixels:
    """Render a page, whole, at 300 dpi, without annotations: neither a reader's marks nor form fields.

    Args:
        source: a PDF.
        limits: bounds on time, memory and pixels of Poppler.
        number: of the page, from 1.

    Returns:
        uint8 (H, W, 3) RGB, read only, mapped from a file that is already unlinked.

    Raises:
        RefusalError: encrypted, unreadable, no page, too many pages or pixels, too slow.
        PopplerError: Poppler is not installed.
    """
    with tempfile.TemporaryDirectory(prefix=f"ecg-page-{os.getpid()}-", dir=scratch_parent()) as folder:
        pdf = _file_of(source, Path(folder))
        pixels = _read_ppm(_run_poppler(pdf, Path(folder), limits, number))
        if pixels is None:
            raise _diagnosis(pdf, limits)
    return pixels


def _file_of(source: Source, folder: Path) -> Path:
    """Return the file itself, or one of the PDF alone where more than that is in it."""
    pdf = source.pdf()
    if len(pdf) == source.size_bytes:
        return source.path
    alone = folder / "alone" / source.name
    alone.parent.mkdir()
    alone.write_bytes(pdf)
    return alone


def page_count(pdf: Path, limits: Limits) -> int:
    """Return the number of pages, as Poppler counts them.

    Raises:
        RefusalError: the file cannot be opened or it takes too long.
    """
    return int(_pdf_info(pdf, limits)["Pages"])


def _run_poppler(pdf: Path, folder: Path, limits: Limits, number: int) -> Path:
    """Let pdftoppm write the page, and return where it is if all went well."""
    words = ["-r", str(DPI), "-f", str(number), "-l", str(number), "-singlefile", "-hide-annotations"]
    program = Path(poppler_folder(limits), "pdftoppm")
    try:
        subprocess.run(  # not by pdf2image, which asks pdfinfo first: a thirtieth of the reading
            [program, *words, pdf.absolute(), folder / "page"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=limits.seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as e:
        raise RefusalError(pdf.name, Reason.TOO_SLOW, f"more than {limits.seconds} s") from e
    return folder / "page.ppm"


def _read_ppm(ppm: Path) -> Pixels | None:
    """Map a binary PPM; None if it is not there or not complete, or the one pixel that Poppler gives without memory."""
    if not ppm.exists():
        return None
    with ppm.open("rb") as file:
        header = _PPM.match(file.read(64))
    if header is None:
        return None
    width, height = int(header[1]), int(header[2])
    if width * height == 1 or ppm.stat().st_size != header.end() + width * height * 3:
        return None
    return np.memmap(ppm, np.uint8, "r", header.end(), (height, width, 3))


def _diagnosis(pdf: Path, limits: Limits) -> RefusalError:
    """Return why Poppler gave no page."""
    info = _pdf_info(pdf, limits)
    pages = int(info["Pages"])
    if pages < 1:
        return RefusalError(pdf.name, Reason.NO_PAGE, "0 pages")
    if pages > limits.max_pages:
        return RefusalError(pdf.name, Reason.TOO_LARGE, f"{pages} pages")
    size = _PAGE_SIZE.search(str(info.get("Page size", "")))
    width, height = (float(v) / _POINTS_PER_INCH for v in size.groups()) if size else (0.0, 0.0)
    if width * height * DPI**2 > limits.max_pixels:
        return RefusalError(pdf.name, Reason.TOO_LARGE, f"page of {width:.0f} x {height:.0f} inch")
    return RefusalError(pdf.name, Reason.UNREADABLE, "Poppler cannot render it within the limits")


def _pdf_info(pdf: Path, limits: Limits) -> dict[str, int | str]:
    from pdf2image import pdfinfo_from_path
    from pdf2image.exceptions import PDFPageCountError, PDFPopplerTimeoutError

    try:
        return pdfinfo_from_path(str(pdf), poppler_path=poppler_folder(limits), timeout=limits.seconds)
    except PDFPageCountError as e:
        raise _unopened(pdf, str(e)) from e
    except PDFPopplerTimeoutError as e:
        raise RefusalError(pdf.name, Reason.TOO_SLOW, f"more than {limits.seconds} s") from e


def _unopened(pdf: Path, complaint: str) -> RefusalError:
    if "Incorrect password" in complaint or "encrypt" in complaint.lower():
        return RefusalError(pdf.name, Reason.ENCRYPTED, "needs a password")
    return RefusalError(pdf.name, Reason.UNREADABLE, "Poppler cannot open it")

"""One report: file in, format, canonical image and printed facts out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ecgcore.reports.file.picture_file import read_picture
from ecgcore.reports.file.render import render_page
from ecgcore.reports.file.source import Kind, Source, check_size, read_source
from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat, known_formats
from ecgcore.reports.page.limits import DEFAULT_LIMITS, Limits
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.page.timings import Timings
from ecgcore.reports.printed.page_text import read_text
from ecgcore.reports.printed.printed import Printed, read_printed
from ecgcore.reports.printed.statement import check_statements
from ecgcore.reports.recognise.quality import cautions, check_geometry, check_leads, unrecognised
from ecgcore.reports.recognise.reader import readers_of
from ecgcore.reports.recognise.recognise import Match


@dataclass(frozen=True)
class Report:
    """An ECG report that may be used.

    Args:
        format: how the page is laid out.
        image: canonical image, uint8 (H, W, 3) RGB of ``format.canonical_size``.
        printed: what the page says about itself, with identifiers; None for a picture or a scan without text.
        cautions: what is unusual about the page.
        timings: where the time went.
    """

    format: ReportFormat
    image: Pixels = field(repr=False)
    printed: Printed | None
    cautions: tuple[Caution, ...] = ()
    timings: Timings = field(default_factory=Timings, compare=False)


def read_report(
    path: Path | str, limits: Limits = DEFAULT_LIMITS, formats: Sequence[ReportFormat] | None = None
) -> Report:
    """Read one PDF, PNG or JPEG.

    Args:
        path: the file; its content decides what it is, and its name must agree.
        limits: bounds on bytes, pages, pixels, time and memory.
        formats: the formats to recognise; by default all that are described in ``formats/``.

    Raises:
        RefusalError: a ReportError with a machine-readable ``reason``, when the file cannot be used.
        PopplerError: Poppler is not installed.
    """
    report = report_of(read_source(Path(path), limits), limits, formats)
    return replace(report, image=np.array(report.image))


def read_page(path: Path | str, limits: Limits = DEFAULT_LIMITS, formats: Sequence[ReportFormat] | None = None) -> Page:
    """Read what a file shows, whole, with all that is printed on it: names too.

    Raises:
        RefusalError: the file cannot be used.
        PopplerError: Poppler is not installed.
    """
    return _page(read_source(Path(path), limits), known_formats() if formats is None else formats, limits)


def report_of(source: Source, limits: Limits, formats: Sequence[ReportFormat] | None = None) -> Report:
    """Do what ``read_report`` does with a file that was read already; the image may be a read-only view."""
    formats = known_formats() if formats is None else formats
    started = time.perf_counter()
    page = _page(source, formats, limits)
    rendered = time.perf_counter()
    reading = _reading(page, formats)
    if reading is None:
        raise unrecognised(source.name, page)
    check_leads(source.name, reading.match)
    fmt = reading.match.format
    printed = _printed(source, page, fmt, limits)
    cleaned = time.perf_counter()
    timings = Timings(rendered - started, cleaned - rendered)
    return Report(fmt, reading.image, printed, reading.cautions, timings)


@dataclass(frozen=True)
class _Reading:
    match: Match
    image: Pixels
    cautions: tuple[Caution, ...]


def _reading(page: Page, formats: Sequence[ReportFormat]) -> _Reading | None:
    """Return what a page shows; one whose grid is not in the exact colours is read like a lossy picture.

    A PDF or PNG may hold the JPEG of a scanner, and a JPEG leaves its grid no colour of the format.
    """
    found = _as_it_is(page, formats)
    if not page.exact or (found is not None and Caution.GRID_LEFT not in found.cautions):
        return found
    return _as_it_is(replace(page, exact=False), formats) or found


def _as_it_is(page: Page, formats: Sequence[ReportFormat]) -> _Reading | None:
    for reader in readers_of(formats):
        match = reader.recognise(page)
        if match is not None:
            image = reader.canonical(page, match)
            return _Reading(match, image, cautions(page, match, image))
    return None


def _page(source: Source, formats: Sequence[ReportFormat], limits: Limits) -> Page:
    check_size(source, limits)
    if source.kind() is Kind.PICTURE:
        page = read_picture(source, formats, limits)
    else:
        source.check_pdf_end()
        page = Page(render_page(source.path, limits), Extent.PAGE, exact=True)
        source.check_unchanged()
    check_geometry(source.name, page, formats)
    return page


def _printed(source: Source, page: Page, fmt: ReportFormat, limits: Limits) -> Printed | None:
    if source.kind() is Kind.PICTURE:
        return None
    height, width = page.pixels.shape[:2]
    page_text = read_text(source, fmt, (width, height), limits)
    if page_text.pages > limits.max_pages:
        raise RefusalError(source.name, Reason.TOO_LARGE, f"{page_text.pages} pages")
    check_statements(source.name, fmt, page_text.text, page_text.lead_names)
    return read_printed(page_text.text) if page_text.text.strip() else None

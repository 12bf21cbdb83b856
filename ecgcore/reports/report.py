"""One report: file in, format, canonical image and printed facts out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ecgcore.reports.file.picture_file import read_picture
from ecgcore.reports.file.render import render_page
from ecgcore.reports.file.source import Kind, Source, check_size, read_source
from ecgcore.reports.further_pages import check_pages
from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat, known_formats
from ecgcore.reports.page.limits import DEFAULT_LIMITS, Limits
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.page.timings import Timings
from ecgcore.reports.printed.heart_rate import printed_rate
from ecgcore.reports.printed.page_text import PageText, read_text
from ecgcore.reports.printed.printed import Printed, read_printed
from ecgcore.reports.printed.statement import NOTHING, Stated, check_statements
from ecgcore.reports.reading import reading_of
from ecgcore.reports.recognise.evidence import check_grid, drawn_evidence, speed_doubt
from ecgcore.reports.recognise.quality import check_geometry, check_leads, unrecognised


@dataclass(frozen=True)
class Report:
    """An ECG report that may be used.

    Args:
        format: how the page is laid out.
        image: canonical image, uint8 (H, W, 3) RGB of ``format.canonical_size``.
        printed: what the page says about itself, with identifiers; None for a picture or a scan without text.
        cautions: what is unusual about the page.
        details: what more is known of a caution, such as the leads that it is about.
        unverified: what nothing on the page confirms, each with its detail.
        timings: where the time went.
    """

    format: ReportFormat
    image: Pixels = field(repr=False)
    printed: Printed | None
    cautions: tuple[Caution, ...] = ()
    details: Mapping[Caution, str] = field(default_factory=dict)
    unverified: Mapping[Caution, str] = field(default_factory=dict)
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
    source, formats = read_source(Path(path), limits), known_formats() if formats is None else formats
    page = _page(source, formats, limits)
    check_geometry(source.name, page, formats)
    return page


def report_of(
    source: Source, limits: Limits, formats: Sequence[ReportFormat] | None = None, number: int | None = None
) -> Report:
    """Do what ``read_report`` does with a file that was read already; the image may be a read-only view.

    Args:
        source: the file.
        limits: bounds on bytes, pages, pixels, time and memory.
        formats: the formats to recognise; by default all that are described.
        number: of the page of a PDF that is a report of its own, whatever the others show; None if the file is one.
    """
    formats = known_formats() if formats is None else formats
    started = time.perf_counter()
    page = _page(source, formats, limits, number or 1)
    rendered = time.perf_counter()
    written = None if source.kind() is Kind.PICTURE else read_text(source, page.pixels, limits, number or 1)
    reading = reading_of(page, formats)
    behind: tuple[Caution, ...] = ()
    if written is not None and number is None:
        behind = check_pages(source, written.pages, page, reading, formats, limits)
    check_geometry(source.name, page, formats)
    if reading is None:
        raise _unrecognised(source, page, written)
    check_leads(source.name, reading.match)
    if Caution.GRID_LEFT not in reading.cautions:  # of a grid that lost its colours, no lines are known
        check_grid(source.name, page, reading.match)
    fmt = reading.match.format
    printed, said = _printed(source, fmt, written)
    drawn = drawn_evidence(source.name, page, reading.match)
    cleaned = time.perf_counter()
    timings = Timings(rendered - started, cleaned - rendered)
    details = {**drawn.cautions, **speed_doubt(drawn.heartbeat, said.rate)}
    open_to_doubt = unverified(printed, replace(said.stated, gain=said.stated.gain or drawn.gain))
    seen = (*reading.cautions, *behind, *_text_cautions(written, printed), *details)
    return Report(fmt, reading.image, printed, seen, details, open_to_doubt, timings)


def unverified(printed: Printed | None, stated: Stated) -> dict[Caution, str]:
    """Return what the text of a page does not confirm, each with what is missing of it."""
    scale = [word for word, said in (("speed", stated.speed), ("gain", stated.gain)) if not said]
    found = {Caution.SCALE_UNVERIFIED: " and ".join(scale)} if scale else {}
    if not stated.leads:
        found[Caution.LEADS_UNVERIFIED] = ""
    if printed is None or printed.hn is None:
        found[Caution.PATIENT_UNVERIFIED] = ""
    if printed is None or printed.ecg_date is None:
        found[Caution.DAY_UNVERIFIED] = ""
    return found


@dataclass(frozen=True)
class _Said:
    """What the text of a page says of how it is drawn."""

    stated: Stated = NOTHING
    rate: int | None = None


def _page(source: Source, formats: Sequence[ReportFormat], limits: Limits, number: int = 1) -> Page:
    check_size(source, limits)
    if source.kind() is Kind.PICTURE:
        page = read_picture(source, formats, limits)
    else:
        source.check_pdf_end()
        page = Page(render_page(source, limits, number), Extent.PAGE, exact=True)
        source.check_unchanged()
    return page


def _unrecognised(source: Source, page: Page, written: PageText | None) -> RefusalError:
    if written is not None and written.marks:
        value = f"without what readers laid on it ({written.marks}), the page shows no ECG of a known format"
        return RefusalError(source.name, Reason.UNKNOWN_FORMAT, value)
    return unrecognised(source.name, page)


def _printed(source: Source, fmt: ReportFormat, written: PageText | None) -> tuple[Printed | None, _Said]:
    if written is None:
        return None, _Said()
    stated = check_statements(source.name, fmt, written.text, written.lead_names(fmt))
    printed = read_printed(written.text) if written.text.strip() else None
    return printed, _Said(stated, printed_rate(written.text))


def _text_cautions(written: PageText | None, printed: Printed | None) -> tuple[Caution, ...]:
    """Return what a person may want to look at in the page's words, and in what lies on it."""
    found = {
        Caution.MARKS_LEFT_OUT: written is not None and written.marks > 0,
        Caution.TEXT_UNREAD: written is not None and written.unread,
        Caution.NUMBER_UNCERTAIN: printed is not None and printed.hn_uncertain,
        Caution.DAY_UNCERTAIN: printed is not None and printed.date_uncertain,
    }
    return tuple(caution for caution, there in found.items() if there)

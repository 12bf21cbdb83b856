"""The pages after the first: a file is one report, so none of them may show an ECG."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from ecgcore.reports.file.render import render_page
from ecgcore.reports.file.source import Source
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.reading import Reading, reading_of
from ecgcore.reports.recognise.quality import is_blank


class _Shows(StrEnum):
    """What is on a page."""

    ECG = "an ECG"
    OTHER = "no ECG"
    NOTHING = "nothing"


def check_pages(
    source: Source, pages: int, first: Page, reading: Reading | None, formats: Sequence[ReportFormat], limits: Limits
) -> tuple[Caution, ...]:
    """Refuse a PDF of several pages, unless its only ECG is on the first.

    What stands on the others, such as a letter, is not read; that is a caution.

    Args:
        source: the PDF.
        pages: that it has.
        first: page 1.
        reading: of page 1; None if it shows no ECG.
        formats: to recognise.
        limits: bounds on what Poppler may use for each page.

    Raises:
        RefusalError: ``too-large`` or ``several-pages``, with what each page shows.
    """
    if pages > limits.max_pages:
        raise RefusalError(source.name, Reason.TOO_LARGE, f"{pages} pages")
    if pages < 2:
        return ()
    shown = [_shows(first, reading)]
    for number in range(2, pages + 1):
        page = Page(render_page(source, limits, number), Extent.PAGE, exact=True)
        shown.append(_shows(page, reading_of(page, formats)))
    if shown[0] is not _Shows.ECG or _Shows.ECG in shown[1:]:
        readable = pages if _Shows.ECG in shown else 0
        raise RefusalError(source.name, Reason.SEVERAL_PAGES, f"{pages} pages: {_listed(shown)}", readable)
    return (Caution.FURTHER_PAGES,) if _Shows.OTHER in shown else ()


def _shows(page: Page, reading: Reading | None) -> _Shows:
    if reading is not None:
        return _Shows.ECG
    return _Shows.NOTHING if is_blank(page.pixels) else _Shows.OTHER


def _listed(shown: Sequence[_Shows]) -> str:
    """Return ``no ECG on page 1, an ECG on page 2, 3``, in the order of the pages."""
    numbers: dict[_Shows, list[str]] = {}
    for number, what in enumerate(shown, 1):
        numbers.setdefault(what, []).append(str(number))
    return ", ".join(f"{what} on page {', '.join(where)}" for what, where in numbers.items())

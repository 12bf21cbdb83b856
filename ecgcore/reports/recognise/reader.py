"""The registry of readers: which class reads the pages of which formats.

A new kind of page is one YAML in the folder of formats (or in that of ``ECG_FORMATS``) and, where its leads are not
simply boxes, one class that the YAML names: ``reader: package.module:Class``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol

from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import FormatError, ReportFormat
from ecgcore.reports.page.page import Page
from ecgcore.reports.recognise.box_reader import BoxReader
from ecgcore.reports.recognise.recognise import Match


class Reader(Protocol):
    """Reads some formats. Made with a sequence of these formats; holds nothing of a page."""

    def recognise(self, page: Page) -> Match | None:
        """Return what the page shows, or None if it is of none of these formats."""

    def canonical(self, page: Page, match: Match) -> Pixels:
        """Return the canonical image of a page that it recognised, uint8 RGB of ``match.format.canonical_size``."""


def readers_of(formats: Sequence[ReportFormat]) -> tuple[Reader, ...]:
    """Return the readers of these formats, in the order in which the formats first name them.

    They are asked in this order, and the first that recognises a page reads it.

    Raises:
        FormatError: a format names a reader that is not there.
    """
    by_reader: dict[str | None, list[ReportFormat]] = {}
    for fmt in formats:
        by_reader.setdefault(fmt.reader, []).append(fmt)
    return tuple(_reader(name, of) for name, of in by_reader.items())


def _reader(name: str | None, formats: Sequence[ReportFormat]) -> Reader:
    if name is None:
        return BoxReader(formats)
    module, _, cls = name.partition(":")
    try:
        made: Reader = getattr(import_module(module), cls)(formats)
    except (ImportError, AttributeError, ValueError) as error:
        hint = "write package.module:Class, and see that the package is installed or on PYTHONPATH"
        raise FormatError(f"format {formats[0].name}", f"names a reader that is not there ({error})", hint) from error
    return made

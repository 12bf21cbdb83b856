"""How a page names a file that it leads to."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from ecgcore.reports.page.pdf_page import pdf_of


def relative_address(target: str, folder: Path) -> str:
    """Return the address of a file for a page in ``folder``: relative and percent-encoded.

    It names no scheme and no machine, so the pages can be moved together with what they lead to.
    """
    return _quoted(os.path.relpath(target, folder))


def file_address(target: str) -> str:
    """Return the ``file:`` address of a file, for a terminal, which has no folder of its own."""
    return "file://" + _quoted(str(Path(target).absolute()))


def _quoted(path: str) -> str:
    """Percent-encode a path; that of a PDF's page leads to the PDF, where viewers open it at the page."""
    pdf = pdf_of(path)
    return quote(pdf, errors="replace") + path[len(pdf) :]

"""The pages of PDFs that hold several reports, each as a file of the inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ledger import Ledger
from ecgcore.reports.page.pdf_page import page_path, page_sha256
from tasks.inbox.listed import Listed


def with_known_pages(ledger: Ledger, listed: Sequence[Listed]) -> list[Listed]:
    """Return the files, and the pages of those that the ledger holds as split."""
    return [*listed, *pages_of(listed, ledger.split([each.sha256 for each in listed]))]


def pages_of(listed: Sequence[Listed], pages: Mapping[str, int]) -> list[Listed]:
    """Return every page of the reports among the files, at each place where they lie.

    Args:
        listed: files; those that ``pages`` does not name have none.
        pages: how many each content has.
    """
    reports = [each for each in listed if each.kind is FileKind.ECG]
    return [_page(each, n) for each in reports for n in range(1, pages.get(each.sha256, 0) + 1)]


def _page(listed: Listed, number: int) -> Listed:
    file = replace(listed.file, relative=page_path(listed.file.relative, number))
    return Listed(file, page_sha256(listed.sha256, number), listed.kind, number)

"""The PDFs that were split: every page of theirs is a content of its own."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from ecgcore.cmr.rules import catalogue
from ecgcore.ledger.db.chunk import chunks
from ecgcore.ledger.db.tables import File
from ecgcore.ledger.ingest.unread import known_contents
from ecgcore.reports.page.limits import DEFAULT_LIMITS
from ecgcore.reports.page.pdf_page import page_sha256


def split_files(connection: Connection, sha256s: Iterable[str]) -> dict[str, int]:
    """Return those of the contents that were split, each with the number of its pages."""
    split: list[str] = []
    for part in chunks(sha256s):
        query = select(File.sha256).where(File.sha256.in_(part), File.fault_rule == catalogue.SPLIT.name)
        split += connection.execute(query).scalars()
    pages = {sha256: [page_sha256(sha256, n) for n in range(1, DEFAULT_LIMITS.max_pages + 1)] for sha256 in split}
    known = known_contents(connection, [page for each in pages.values() for page in each])
    return {sha256: len(known.intersection(each)) for sha256, each in pages.items()}

"""What is read as one report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecgcore.reports.page.pdf_page import page_sha256


@dataclass(frozen=True)
class ReportFile:
    """A file, or one page of a PDF that holds several.

    Args:
        path: the file.
        page: from 1; None for the file as a whole.
    """

    path: Path
    page: int | None = None

    def identity(self, sha256: str) -> str:
        """Return the hash that this content is known by; ``sha256`` is that of the file's bytes."""
        return sha256 if self.page is None else page_sha256(sha256, self.page)

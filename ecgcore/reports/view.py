"""The canonical image of a file as a PNG: what a model sees."""

from __future__ import annotations

from pathlib import Path

from ecgcore.reports.file.image_store import check_png_path, write_atomically
from ecgcore.reports.file.png import encode_png, plane_of
from ecgcore.reports.page.limits import DEFAULT_LIMITS, Limits
from ecgcore.reports.report import Report, read_report


def view(path: Path | str, out: Path | str, limits: Limits = DEFAULT_LIMITS) -> Report:
    """Write the canonical image of ``path`` to the PNG ``out``, and return the report.

    Raises:
        RefusalError: the file cannot be used; nothing is written.
        StoreError: ``out`` is no name of a PNG, or cannot be written.
    """
    check_png_path(Path(out))
    report = read_report(path, limits)
    write_atomically(Path(out), encode_png(plane_of(report.image)))
    return report

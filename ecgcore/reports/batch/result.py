"""What reading one file came to, without anything that identifies a patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ecgcore.reports.page.reason import HINTS, Caution, Reason
from ecgcore.reports.page.timings import Timings


@dataclass(frozen=True)
class ReadResult:
    """One line of an ingest.

    Args:
        path: the file as it was given.
        sha256: what its content is known by: of its bytes, hex, or of a page of it; empty if it could not be opened.
        size_bytes: length; for a file over the limit, the limit plus one.
        ok: the file is a report and its canonical image is stored.
        reason, value, hint: the rule it breaks, what was found, and the next step; None if ok.
        ecg_format: name of the format, None if not ok.
        image_sha256: hash of the canonical image's shape and pixels, None if not ok.
        image_path: of the stored image, relative to the image folder, None if not ok.
        patient_id: pseudonym of the printed hospital number, None if the page prints none or several.
        ecg_date: the printed day, None if there is none that is certain.
        hn_ambiguous: the page prints several different hospital numbers.
        possible_dates: the days that the printed date may mean where it can be read in two ways; else none.
        cautions: what is unusual about an accepted page, and what nothing on it confirms.
        details: what more is known of a caution.
        pages: of a PDF that holds several reports, and may be read page by page; else 0.
        timings: where the time went.
    """

    path: Path
    sha256: str
    size_bytes: int
    ok: bool
    reason: Reason | None = None
    value: str | None = None
    hint: str | None = None
    ecg_format: str | None = None
    image_sha256: str | None = None
    image_path: Path | None = None
    patient_id: str | None = None
    ecg_date: date | None = None
    hn_ambiguous: bool = False
    possible_dates: tuple[date, ...] = ()
    cautions: tuple[Caution, ...] = ()
    details: Mapping[Caution, str] = field(default_factory=dict)
    pages: int = 0
    timings: Timings = field(default_factory=Timings, compare=False)


def refused(path: Path, sha256: str, size_bytes: int, reason: Reason, value: str, pages: int = 0) -> ReadResult:
    """Return the result of a file that breaks a rule."""
    return ReadResult(path, sha256, size_bytes, False, reason, value, HINTS[reason], pages=pages)

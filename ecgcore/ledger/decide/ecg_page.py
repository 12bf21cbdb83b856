"""An ECG file as pairing sees it: where it was seen and what its page says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ecgcore.cmr.rules.finding import Finding


@dataclass(frozen=True, slots=True)
class Sighting:
    """A path, relative to the inbox and with forward slashes, at which a content lies since `seen` (UTC)."""

    path: str
    seen: datetime


@dataclass(frozen=True, slots=True)
class EcgPage:
    """One ECG content.

    Args:
        sha256: hash of the file's bytes.
        sightings: every path with this content, first seen first; at least one.
        ecg_format: name of the report format; None if the page could not be read.
        image_sha256: hash of the canonical image; None if the page could not be read.
        image_path: the image's path below the image folder.
        patient_id: pseudonym printed on the page, if the page has any text.
        ecg_date: date printed on the page, if any.
        fault: why the page cannot be used; None for a good page.
        study_id: the accepted study that it belongs to, if any.
        possible_dates: the days that the printed date may mean where it can be read in two ways; else none.
    """

    sha256: str
    sightings: tuple[Sighting, ...]
    ecg_format: str | None = None
    image_sha256: str | None = None
    image_path: str | None = None
    patient_id: str | None = None
    ecg_date: date | None = None
    fault: Finding | None = None
    study_id: str | None = None
    possible_dates: tuple[date, ...] = ()

    @property
    def first_seen(self) -> datetime:
        """The moment of the first sighting."""
        return self.sightings[0].seen

    @property
    def path(self) -> str:
        """The path of the first sighting."""
        return self.sightings[0].path

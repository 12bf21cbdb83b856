"""Image caches of any length from a few reports: what costs time is their bytes, not what they show."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bench.made_reports import MadeReports
from ecgcore.data.cache import RecordingCache, open_cache
from ecgcore.data.cache_spec import ImageSpec
from ecgcore.data.cache_writer import decode
from ecgcore.data.dataset import StudyDataset


def make_cache(made: MadeReports, spec: ImageSpec, images: int) -> RecordingCache:
    """Return a cache of ``images`` rows, the made reports' images over and over, already of the cache's size."""
    small = _resized(made, spec)
    rows = {f"{i:064x}": small[i % len(small)] for i in range(images)}
    return open_cache(made.folder / "cache" / str(images), spec, rows, workers=1, progress=False)


def _resized(made: MadeReports, spec: ImageSpec) -> list[Path]:
    folder = made.folder / "small" / spec.name
    folder.mkdir(parents=True, exist_ok=True)
    for image in made.images:
        pixels = cv2.resize(decode(image), (spec.width, spec.height), interpolation=int(spec.interpolation))
        cv2.imwrite(str(folder / image.name), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return [folder / image.name for image in made.images]


def as_dataset(cache: RecordingCache, targets: tuple[str, ...]) -> StudyDataset:
    """Return all rows of a cache with labels and formats that mean nothing."""
    count = len(cache.rows)
    labels = np.random.default_rng(0).integers(0, 2, (count, len(targets)))
    formats = np.resize(["old", "new"], count)
    return StudyDataset(cache, np.arange(count), labels, targets, np.array(list(cache.rows)), formats)

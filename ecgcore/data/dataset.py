"""One split of a snapshot as arrays: which cache row, which labels, which clinical features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ecgcore.data.cache import ImageCache
from ecgcore.data.snapshot import CATEGORICAL_FEATURES, Snapshot, Split

MISSING = -1
AGE_SCALE = 100.0  # models see age / 100: 63 years are 0.63
CLINICAL_COLUMNS = (*CATEGORICAL_FEATURES, "age")


@dataclass(frozen=True)
class ImageDataset:
    """Labelled images of one split.

    Args:
        cache: where the pixels are.
        rows: ``(N,)`` int64, row of the cache.
        labels: ``(N, T)`` int64 per target: 0, 1 or ``MISSING``.
        clinical: ``(N, 6)`` float32 in the order of ``CLINICAL_COLUMNS``, age / 100, missing = NaN.
        targets: the ``T`` names.
        study_ids: ``(N,)`` pseudonyms.
        formats: ``(N,)`` names of the report formats.
    """

    cache: ImageCache
    rows: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    clinical: np.ndarray = field(repr=False)
    targets: tuple[str, ...]
    study_ids: np.ndarray = field(repr=False)
    formats: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def label_counts(self) -> dict[str, tuple[int, int]]:
        """Return (negatives, positives) per target; missing labels count in neither."""
        return {t: tuple(int((self.labels[:, i] == v).sum()) for v in (0, 1)) for i, t in enumerate(self.targets)}  # type: ignore[misc]


def image_dataset(
    snapshot: Snapshot, cache: ImageCache, split: Split, targets: Sequence[str], formats: Sequence[str]
) -> ImageDataset:
    """Return the studies of ``split`` in one of ``formats`` that have a label of at least one target.

    Raises:
        SnapshotError: a target is no label column, or an image is not in the cache.
    """
    snapshot.check_targets(targets)
    studies = snapshot.rows(split)
    studies = studies[studies["ecg_format"].isin(list(formats)) & studies[list(targets)].notna().any(axis=1)]
    return ImageDataset(
        cache=cache,
        rows=cache.rows_of(studies["image_sha256"].tolist()),
        labels=_labels(studies, targets),
        clinical=_clinical(studies),
        targets=tuple(targets),
        study_ids=studies["study_id"].to_numpy(dtype=str),
        formats=studies["ecg_format"].to_numpy(dtype=str),
    )


def _labels(studies: pd.DataFrame, targets: Sequence[str]) -> np.ndarray:
    columns = [studies[t].astype("Int64").fillna(MISSING).to_numpy(np.int64) for t in targets]
    return np.stack(columns, axis=1)


def _clinical(studies: pd.DataFrame) -> np.ndarray:
    frame = studies[list(CLINICAL_COLUMNS)].astype("Float64").to_numpy(np.float32, na_value=np.nan)
    frame[:, CLINICAL_COLUMNS.index("age")] /= AGE_SCALE
    return frame

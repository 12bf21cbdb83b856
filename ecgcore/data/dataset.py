"""One split of a snapshot as arrays: which cache row, which labels, which clinical features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ecgcore.data.cache import RecordingCache
from ecgcore.data.clinical import ClinicalFeatures
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split

MISSING = -1


@dataclass(frozen=True)
class StudyDataset:
    """Labelled studies of one split.

    Args:
        cache: where the recordings are.
        rows: ``(N,)`` int64, row of the cache.
        labels: ``(N, T)`` int64 per target: 0, 1 or ``MISSING``.
        targets: the ``T`` names.
        study_ids: ``(N,)`` pseudonyms.
        formats: ``(N,)`` names of the report formats.
        features: of the same rows; None where the network reads none.
    """

    cache: RecordingCache
    rows: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    targets: tuple[str, ...]
    study_ids: np.ndarray = field(repr=False)
    formats: np.ndarray = field(repr=False)
    features: ClinicalFeatures | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def label_counts(self) -> dict[str, tuple[int, int]]:
        """Return (negatives, positives) per target; missing labels count in neither."""
        return {t: tuple(int((self.labels[:, i] == v).sum()) for v in (0, 1)) for i, t in enumerate(self.targets)}  # type: ignore[misc]


def labelled_studies(snapshot: Snapshot, split: Split, targets: Sequence[str], formats: Sequence[str]) -> pd.DataFrame:
    """Return the studies of ``split`` in one of ``formats`` that have a label of at least one target.

    Raises:
        SnapshotError: a target is no label column.
    """
    snapshot.check_targets(targets)
    studies = snapshot.rows(split)
    return studies[studies["ecg_format"].isin(list(formats)) & studies[list(targets)].notna().any(axis=1)]


def study_dataset(
    studies: pd.DataFrame,
    cache: RecordingCache,
    targets: Sequence[str],
    features: ClinicalFeatures | None = None,
) -> StudyDataset:
    """Return some studies of a snapshot as a dataset.

    Args:
        studies: rows of the snapshot.
        cache: has a recording of each.
        targets: label columns.
        features: of the same rows.

    Raises:
        SnapshotError: an image is not in the cache.
    """
    return StudyDataset(
        cache=cache,
        rows=cache.rows_of(studies["image_sha256"].tolist()),
        labels=_labels(studies, targets),
        targets=tuple(targets),
        study_ids=studies["study_id"].to_numpy(dtype=str),
        formats=studies["ecg_format"].to_numpy(dtype=str),
        features=features,
    )


def _labels(studies: pd.DataFrame, targets: Sequence[str]) -> np.ndarray:
    columns = [studies[t].astype("Int64").fillna(MISSING).to_numpy(np.int64) for t in targets]
    return np.stack(columns, axis=1)

"""One split of a snapshot as a table: clinical features as they were recorded, and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ecgcore.data.clinical import AGE, AGE_SCALE, CLINICAL_COLUMNS, clinical_table
from ecgcore.data.dataset import MISSING
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split


@dataclass(frozen=True)
class TableDataset:
    """Labelled rows of one split.

    Args:
        features: ``(N, F)`` float32 in the order of ``names``; age in years, the others 0 or 1, missing = NaN.
        labels: ``(N, T)`` int64 per target: 0, 1 or ``MISSING``.
        names: the ``F`` columns of the snapshot.
        targets: the ``T`` names.
    """

    features: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    names: tuple[str, ...]
    targets: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.features)

    def labelled(self, target: str) -> tuple[np.ndarray, np.ndarray]:
        """Return features ``(M, F)`` and labels ``(M,)`` of the rows that have this target's label."""
        labels = self.labels[:, self.targets.index(target)]
        known = labels != MISSING
        return self.features[known], labels[known]

    def label_counts(self) -> dict[str, tuple[int, int]]:
        """Return (negatives, positives) per target; missing labels count in neither."""
        return {t: tuple(int((self.labels[:, i] == v).sum()) for v in (0, 1)) for i, t in enumerate(self.targets)}  # type: ignore[misc]


def table_dataset(
    snapshot: Snapshot, split: Split, names: Sequence[str], targets: Sequence[str], formats: Sequence[str]
) -> TableDataset:
    """Return the studies of ``split`` in one of ``formats`` that have a label of at least one target.

    Raises:
        SnapshotError: a target is no label column.
    """
    snapshot.check_targets(targets)
    studies = snapshot.rows(split)
    studies = studies[studies["ecg_format"].isin(list(formats)) & studies[list(targets)].notna().any(axis=1)]
    labels = [studies[t].astype("Int64").fillna(MISSING).to_numpy(np.int64) for t in targets]
    return TableDataset(feature_table(studies, names), np.stack(labels, axis=1), tuple(names), tuple(targets))


def feature_table(studies: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return ``(N, F)`` float32 of a snapshot's clinical columns: age in years, the others 0 or 1.

    What was not recorded is NaN, also where somebody filled it in (see :func:`~ecgcore.data.clinical.clinical_table`).
    """
    table = clinical_table(studies)
    table[:, CLINICAL_COLUMNS.index(AGE)] *= AGE_SCALE
    return table[:, [CLINICAL_COLUMNS.index(name) for name in names]].astype(np.float32)

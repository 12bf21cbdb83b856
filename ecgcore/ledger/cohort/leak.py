"""The leak check of the records ring: no test patient, and no picture of one, reaches training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ecgcore.data.split import Split
from ecgcore.errors import LeakError
from ecgcore.ledger.cohort.study import SnapshotRow

_HINT = "nothing was frozen; find these studies with `ecg status` and correct the ledger before training"


def check_leaks(rows: Iterable[SnapshotRow], locked: Mapping[str, frozenset[str]]) -> None:
    """Fail if the studies of a snapshot mix training with test.

    Args:
        rows: the studies of the snapshot.
        locked: the study_ids of each locked test set.

    Raises:
        LeakError: a patient or a picture is in two splits, a test study is in no locked set, or a member of a locked
            set is not in split `test`.
    """
    listed = tuple(rows)
    _one_split(listed, "patient_id", "patient")
    _one_split(listed, "image_sha256", "picture")
    members = {study_id for ids in locked.values() for study_id in ids}
    stray = [row.study_id for row in listed if row.split is Split.TEST and not _in_its_set(row, locked)]
    _refuse(stray, "test study of no locked test set")
    _refuse(
        [r.study_id for r in listed if r.split is not Split.TEST and r.study_id in members], "locked study in training"
    )


def _in_its_set(row: SnapshotRow, locked: Mapping[str, frozenset[str]]) -> bool:
    return row.test_set is not None and row.study_id in locked.get(row.test_set, frozenset())


def _one_split(rows: Iterable[SnapshotRow], column: str, noun: str) -> None:
    splits: dict[str, set[Split]] = defaultdict(set)
    for row in rows:
        splits[getattr(row, column)].add(row.split)
    _refuse([value for value, found in splits.items() if len(found) > 1], f"{noun} in more than one split")


def _refuse(offenders: list[str], rule: str) -> None:
    if offenders:
        raise LeakError(f"{offenders[0]} and {len(offenders) - 1} more", rule, _HINT)

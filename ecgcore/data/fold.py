"""Cross-validation: a snapshot's training and validation patients dealt out to folds, each a snapshot of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd

from ecgcore import durable
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.errors import SnapshotError

FEWEST_FOLDS = 3  # one is scored, one validates, and one at least trains


def fold_of(patients: pd.Series, folds: int) -> pd.Series:
    """Return each row's fold, 0 to ``folds - 1``: patients by turns, in the order of their pseudonyms' SHA-256.

    The folds' numbers of patients differ by one at most; a patient is in one fold.
    """
    order = sorted(patients.unique(), key=lambda name: hashlib.sha256(str(name).encode()).hexdigest())
    return patients.map({name: i % folds for i, name in enumerate(order)})


def folded(snapshot: Snapshot, folds: int, fold: int) -> pd.DataFrame:
    """Return the studies of no test set with new splits: ``fold`` tests, the next validates, the others train.

    Raises:
        SnapshotError: fewer than three folds, no such fold, or fewer patients than folds.
    """
    studies = snapshot.studies[snapshot.studies["split"] != Split.TEST.value].reset_index(drop=True)
    patients = studies["patient_id"].nunique()
    if not (FEWEST_FOLDS <= folds <= patients and 0 <= fold < folds):
        rule = f"cannot give fold {fold} of {folds} folds of {patients} patients"
        raise SnapshotError(f"snapshot {snapshot.id}", rule, f"ask for {FEWEST_FOLDS} folds or more, counted from 0")
    number = fold_of(studies["patient_id"], folds)
    use = {fold: Split.TEST.value, (fold + 1) % folds: Split.VALID.value}
    return studies.assign(split=number.map(lambda i: use.get(i, Split.TRAIN.value)), test_set=None)


def open_fold(snapshot: Snapshot, folds: int, fold: int, folder: Path) -> Snapshot:
    """Return one fold as a snapshot, written to ``folder/<fold>`` if it is not there. All folds share images and cache.

    Raises:
        SnapshotError: as :func:`folded`, or what is there was altered.
    """
    path = folder / str(fold)
    if not path.exists():
        studies = folded(snapshot, folds, fold)
        partial = folder / f".{fold}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        studies.to_parquet(partial / "studies.parquet")
        digest = hashlib.sha256((partial / "studies.parquet").read_bytes()).hexdigest()
        meta = {"id": f"{snapshot.id}-fold{fold}of{folds}", "content_sha256": digest, "studies_sha256": digest}
        (partial / "snapshot.json").write_text(json.dumps({**meta, "of": snapshot.content_sha256}), encoding="utf-8")
        (partial / "images").symlink_to((snapshot.path / "images").resolve())
        (folder / "cache").mkdir(exist_ok=True)
        (partial / "cache").symlink_to(Path("..") / "cache")
        durable.flush(partial / "studies.parquet")
        durable.flush(partial / "snapshot.json")
        durable.flush(partial)
        partial.rename(path)
        durable.flush(folder)
    return Snapshot.open(path)

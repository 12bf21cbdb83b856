import pandas as pd
import pytest

from ecgcore.data.fold import fold_of, folded, open_fold
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.errors import SnapshotError


@pytest.fixture
def snapshot(snapshot_path) -> Snapshot:
    return Snapshot.open(snapshot_path)


def test_patients_are_dealt_out_evenly_and_stay_whole():
    patients = pd.Series([f"P{i % 37}" for i in range(100)])
    folds = fold_of(patients, 5)
    counts = pd.DataFrame({"p": patients, "f": folds}).drop_duplicates()["f"].value_counts()
    assert sorted(counts) == [7, 7, 7, 8, 8]
    assert folds.groupby(patients).nunique().max() == 1
    assert fold_of(patients[::-1], 5).sort_index().equals(folds)


def test_every_study_of_no_test_set_is_scored_once_and_never_by_what_saw_it(snapshot):
    expected = set(snapshot.studies.loc[snapshot.studies["split"] != "test", "study_id"])
    scored: list[str] = []
    for fold in range(4):
        studies = folded(snapshot, 4, fold)
        assert set(studies["study_id"]) == expected and studies["test_set"].isna().all()
        assert studies.groupby("patient_id")["split"].nunique().max() == 1
        assert set(studies["split"]) == {"train", "valid", "test"}
        scored += studies.loc[studies["split"] == "test", "study_id"].tolist()
    assert sorted(scored) == sorted(expected)


def test_a_fold_is_a_snapshot_that_passes_its_checks(snapshot, tmp_path):
    fold = open_fold(snapshot, 3, 1, tmp_path / "folds")
    fold.leak_check()
    assert fold.id == f"{snapshot.id}-fold1of3"
    assert len(fold.rows(Split.TEST)) and len(fold.rows(Split.TRAIN))
    again = open_fold(snapshot, 3, 1, tmp_path / "folds")
    assert again.content_sha256 == fold.content_sha256
    assert open_fold(snapshot, 3, 0, tmp_path / "folds").content_sha256 != fold.content_sha256
    assert (fold.path / "cache").resolve() == (tmp_path / "folds" / "cache").resolve()


@pytest.mark.parametrize(("folds", "fold"), [(2, 0), (5, 5), (5, -1), (10_000, 0)])
def test_what_cannot_be_dealt_out_is_refused(snapshot, folds, fold):
    with pytest.raises(SnapshotError, match=f"cannot give fold {fold} of {folds} folds"):
        folded(snapshot, folds, fold)

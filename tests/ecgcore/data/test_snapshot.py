import json
import logging
import shutil

import pandas as pd
import pytest

from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.errors import LeakError, SnapshotError


def test_a_sound_snapshot_opens_also_after_a_copy(snapshot_path, tmp_path):
    shutil.copytree(snapshot_path, tmp_path / "elsewhere")
    snapshot = Snapshot.open(tmp_path / "elsewhere")
    assert snapshot.id == "snap-1"
    assert {s: len(snapshot.rows(s)) for s in Split} == {Split.TRAIN: 10, Split.VALID: 5, Split.TEST: 5}
    assert all(snapshot.image_path(sha).is_file() for sha in snapshot.studies["image_sha256"])
    snapshot.leak_check()
    snapshot.check_targets(["scar", "lvef"])


def test_a_changed_table_is_noticed(snapshot_path):
    frame = pd.read_parquet(snapshot_path / "studies.parquet")
    frame.loc[3, "split"] = "train"
    frame.to_parquet(snapshot_path / "studies.parquet")
    with pytest.raises(SnapshotError, match=r"studies\.parquet: has SHA-256 .*Hint: "):
        Snapshot.open(snapshot_path)


def test_a_snapshot_without_a_hash_opens_with_a_warning(snapshot_path, caplog):
    (snapshot_path / "snapshot.json").write_text(json.dumps({"id": "a", "content_sha256": "b"}))
    with caplog.at_level(logging.WARNING):
        Snapshot.open(snapshot_path)
    assert "cannot be checked for changes" in caplog.text


def test_a_missing_image_is_counted_and_named(snapshot_path):
    victim = sorted((snapshot_path / "images").rglob("*.png"))[0]
    victim.unlink()
    with pytest.raises(SnapshotError, match=f"1 image.s. are missing, first {victim.name}"):
        Snapshot.open(snapshot_path)


@pytest.mark.parametrize("name", ["snapshot.json", "studies.parquet"])
def test_missing_and_broken_files(snapshot_path, name):
    (snapshot_path / name).write_bytes(b"{")
    with pytest.raises(SnapshotError, match=name):
        Snapshot.open(snapshot_path)
    (snapshot_path / name).unlink()
    with pytest.raises(SnapshotError, match=f"{name}: cannot be read"):
        Snapshot.open(snapshot_path)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda f: f.drop(columns=["patient_id", "age"]), r"lacks the columns \['patient_id', 'age'\]"),
        (lambda f: f.assign(patient_id=None), r"empty cells in \['patient_id'\]"),
        (lambda f: pd.concat([f, f.tail(1)]), "S019 is listed twice"),
        (lambda f: f.assign(split="dev"), r"unknown split\(s\) \['dev'\]"),
    ],
)
def test_a_wrong_table_is_refused(altered, edit, message):
    with pytest.raises(SnapshotError, match=message):
        Snapshot.open(altered(edit))


@pytest.mark.parametrize("column", ["patient_id", "image_sha256"])
def test_two_splits_leak(altered, column):
    def edit(frame):
        frame.loc[3, column] = frame.loc[0, column]  # study 3 tests, study 0 trains

    with pytest.raises(LeakError, match=r"1 \w+\(s\) in more than one split: .*Hint: nothing was trained"):
        Snapshot.open(altered(edit)).leak_check()


def test_a_row_of_a_test_set_in_train_leaks(altered):
    def edit(frame):
        frame.loc[0, "test_set"] = "old-test"

    with pytest.raises(LeakError, match=r"1 test-set study\(ies\) outside split 'test': S000"):
        Snapshot.open(altered(edit)).leak_check()


def test_a_patient_twice_in_one_split_is_no_leak(altered):
    def edit(frame):
        frame.loc[1, "patient_id"] = frame.loc[0, "patient_id"]

    Snapshot.open(altered(edit)).leak_check()


def test_targets_are_columns_of_zero_one_or_missing(snapshot_path):
    snapshot = Snapshot.open(snapshot_path)
    with pytest.raises(SnapshotError, match="no label column 'vt'"):
        snapshot.check_targets(["scar", "vt"])
    with pytest.raises(SnapshotError, match="label column 'age' has values"):
        snapshot.check_targets(["age"])

"""Snapshots, test sets and the leak check."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, text, update

from ecgcore.data.snapshot import Snapshot as ReadSnapshot
from ecgcore.data.split import Split
from ecgcore.errors import LeakError, LedgerError, SnapshotError
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.freeze import freeze_snapshot
from ecgcore.ledger.cohort.leak import check_leaks
from ecgcore.ledger.cohort.study import SnapshotRow, accepted_studies
from ecgcore.ledger.db.tables import Label, Study
from ecgcore.targets.catalogue import load_catalogue
from ecgcore.targets.label_rule import LabelRule

COLUMNS = (
    "study_id", "patient_id", "year", "ecg_format", "split", "test_set", "image_sha256",
    "scar", "lvef", "lvef_percent", "subendocardial_scar", "transmural_scar",
    "age", "female", "smoke", "diabetes", "hypertension", "dyslipidemia", "impute",
)  # fmt: skip
DAYS = {"train": date(2010, 1, 1), "valid": date(2015, 1, 1), "old": date(2016, 1, 1), "new": date(2021, 1, 1)}


@pytest.fixture
def images(tmp_path):
    return tmp_path / "images"


@pytest.fixture
def filled(ledger, build, now, images):
    """Twelve studies, three of each split and test set, LVEF 40, 50 and missing."""
    table, files, rows = build.table("cmr/a.csv"), [], []
    for name, day in DAYS.items():
        for n, lvef in enumerate([40.0, 50.0, None]):
            files.append(build.ecg(f"ecg/{name}{n}.pdf", fmt="new" if name == "new" else "old"))
            rows.append(
                build.row(table, len(rows) + 2, f"{name}{n}", f"HN{name}{n}", day, scar=n % 2, lvef_percent=lvef)
            )
    ledger.record_batch(build.batch("b1", *files, table, *rows), now=now)
    for file in files:
        path = images / file.page.image_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture of " + file.path.encode())
    return ledger


@pytest.fixture
def locked(filled):
    for name in ("old", "new"):
        testset.lock(filled, name, "tester")
    return filled


def test_refuses_until_the_test_sets_are_locked(filled, tmp_path, images):
    with pytest.raises(SnapshotError, match="`ecg testset lock new` and `ecg testset lock old`"):
        freeze_snapshot(filled, tmp_path / "s", images)
    assert not (tmp_path / "s").exists()


def test_writes_what_training_reads_and_the_same_content_once(locked, tmp_path, images):
    info = freeze_snapshot(locked, tmp_path / "s", images)
    assert info.counts == {"train": 3, "valid": 3, "test": 6}
    snapshot = ReadSnapshot.open(info.path)
    snapshot.leak_check()
    snapshot.check_targets(["scar", "lvef"])
    assert tuple(snapshot.studies.columns) == COLUMNS
    lvef = snapshot.studies.set_index("study_id")[["lvef_percent", "lvef"]]
    expected = {40.0: 1, 50.0: 0}
    assert all(pd.isna(v) if pd.isna(p) else v == expected[p] for p, v in lvef.itertuples(index=False))
    assert lvef["lvef"].isna().sum() == 4
    sets = snapshot.studies.groupby("test_set")["split"].agg(["count", "first"])
    assert sets.to_dict("index") == {"new": {"count": 3, "first": "test"}, "old": {"count": 3, "first": "test"}}
    meta = json.loads((info.path / "snapshot.json").read_text())
    assert meta["test_sets"] == {s.name: s.sha256 for s in testset.locked_sets(locked)}
    assert meta["content_sha256"] == info.content_sha256
    again = freeze_snapshot(locked, tmp_path / "s", images)
    assert (again.created, again.snapshot_id) == (False, info.snapshot_id)
    assert [path.name for path in (tmp_path / "s").iterdir()] == [info.snapshot_id]


def test_images_are_hard_links(locked, tmp_path, images):
    info = freeze_snapshot(locked, tmp_path / "s", images)
    inodes = {path.stat().st_ino for path in images.rglob("*.png")}
    assert {path.stat().st_ino for path in info.path.rglob("*.png")} == inodes


def test_another_label_rule_is_another_snapshot(locked, tmp_path, images):
    below = freeze_snapshot(locked, tmp_path / "s", images)
    upto = freeze_snapshot(locked, tmp_path / "s", images, load_catalogue().with_rule("lvef", LabelRule.of("<= 50")))
    assert below.snapshot_id != upto.snapshot_id
    frame = pd.read_parquet(upto.path / "studies.parquet")
    assert np.array_equal(frame["lvef"].dropna(), (frame["lvef_percent"].dropna() <= 50).astype(int))
    words = [ReadSnapshot.open(info.path).words("lvef") for info in (below, upto)]
    assert words == ["LVEF below 50 %", "LVEF at most 50 %"]


def test_a_missing_image_leaves_no_directory(locked, tmp_path, images):
    next(images.rglob("*.png")).unlink()
    with pytest.raises(SnapshotError, match="is missing"):
        freeze_snapshot(locked, tmp_path / "s", images)
    assert list((tmp_path / "s").iterdir()) == []


def test_disputed_studies_are_left_out_except_locked_ones(locked, build, tmp_path, images, now):
    table = build.table("cmr/b.csv")
    rows = [build.row(table, n, name, f"HN{name}", DAYS[name[:-1]], scar=1, lvef_percent=40.0)
            for n, name in enumerate(["train0", "old0"])]  # fmt: skip
    locked.record_batch(build.batch("b2", table, *rows), now=now)
    info = freeze_snapshot(locked, tmp_path / "s", images)
    assert (info.counts, info.disputed_left_out) == ({"train": 2, "valid": 3, "test": 6}, 1)


def test_an_empty_ledger_has_no_snapshot(ledger, tmp_path, images):
    with pytest.raises(SnapshotError, match="has no study"):
        freeze_snapshot(ledger, tmp_path / "s", images)


def test_an_unwritable_folder_is_one_clear_error(locked, tmp_path, images):
    (tmp_path / "s").write_text("a file")
    with pytest.raises(SnapshotError, match="cannot be written"):
        freeze_snapshot(locked, tmp_path / "s", images)


def test_a_locked_set_is_hashed_counted_and_replaced_in_the_open(locked, build, now):
    before = testset.verify(locked, "old")
    assert (before.studies, before.looks) == (3, 0)
    assert [testset.look(locked, "old", "v1"), testset.look(locked, "old", "v2")] == [1, 2]
    with pytest.raises(LedgerError, match="is locked already"):
        testset.lock(locked, "old", "tester")
    with pytest.raises(LedgerError, match="without a reason"):
        testset.replace(locked, "old", "tester", " ")
    table = build.table("cmr/b.csv")
    row = build.row(table, 2, "old0", "HNold0", DAYS["old"], scar=1, lvef_percent=40.0)
    locked.record_batch(build.batch("b2", table, row), now=now)
    after = testset.replace(locked, "old", "tester", "one label is disputed", "another tester")
    assert (after.studies, after.looks, after.lifetime_looks) == (2, 0, 2)
    assert after.sha256 != before.sha256
    assert testset.verify(locked, "old") == testset.locked_sets(locked)[1]
    with locked.reading() as connection:
        events = connection.execute(text("SELECT event FROM audit_event ORDER BY number")).scalars().all()
    locks, looks = ["testset-lock"] * 2, ["testset-look"] * 2
    assert events == ["ingest", *locks, *looks, "study-disputed", "ingest", "testset-replace"]
    assert locked.check_audit() == 8


def test_a_changed_label_or_a_changed_audit_trail_shows(locked):
    with locked.writing() as connection:
        of_the_set = select(Study.study_id).where(Study.test_set == "new")
        connection.execute(update(Label).where(Label.name == "scar", Label.study_id.in_(of_the_set)).values(value=1))
        connection.execute(text("UPDATE audit_event SET actor = 'nobody' WHERE number = 2"))
    with pytest.raises(LedgerError, match="no longer has the hash"):
        testset.verify(locked, "new")
    with pytest.raises(LedgerError, match="audit event 2"):
        locked.check_audit()


def test_nothing_enters_a_locked_set(locked, build, now):
    table = build.table("cmr/b.csv")
    ecgs = [build.ecg(f"ecg/late{n}.pdf", fmt="new") for n in range(20)]
    rows = [build.row(table, n, f"late{n}", f"HNlate{n}", date(2021, 6, 1)) for n in range(20)]
    locked.record_batch(build.batch("b2", *ecgs, table, *rows), now=now)
    with locked.reading() as connection:
        late = accepted_studies(connection)
    assert len(late) == 32
    assert sum(row.split is Split.TEST for row in late) == 6
    assert testset.verify(locked, "new").studies == 3


ROW = SnapshotRow("S1", "P1", 2010, "old", Split.TRAIN, None, "i1", "x", False, *[None] * 7)


def test_the_leak_check_passes_a_clean_list():
    test = replace(ROW, study_id="S2", patient_id="P2", image_sha256="i2", split=Split.TEST, test_set="old")
    check_leaks([ROW, test], {"old": frozenset({"S2"})})


@pytest.mark.parametrize(
    ("other", "locked", "match"),
    [
        ({"image_sha256": "i2", "split": Split.VALID}, {}, "P1 and 0 more: patient in more than one split"),
        ({"patient_id": "P2", "split": Split.VALID}, {}, "i1 and 0 more: picture in more than one split"),
        (
            {"patient_id": "P2", "image_sha256": "i2", "split": Split.TEST, "test_set": "old"},
            {},
            "of no locked test set",
        ),
        ({"patient_id": "P2", "image_sha256": "i2"}, {"old": frozenset({"S2"})}, "locked study in training"),
    ],
)
def test_the_leak_check_fails_on_each_leak(other, locked, match):
    with pytest.raises(LeakError, match=match):
        check_leaks([ROW, replace(ROW, study_id="S2", **other)], locked)

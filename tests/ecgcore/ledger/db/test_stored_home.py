"""A home that the version before made (60 studies with every defect, two locked sets, a snapshot) goes on here.

``home_of_0001`` was made by revision 2788974: ``ecg synth --studies 60 --seed 3 --defects``, ``ecg ingest``,
``ecg testset lock`` of both sets, ``ecg snapshot``; ``status.json`` is what ``ecg status --json`` said there.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select, text

from ecgcore.data.snapshot import Snapshot
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.freeze import freeze_snapshot
from ecgcore.ledger.db.migrations import config
from ecgcore.ledger.db.tables import Base, FileCaution, Label, Row
from ecgcore.ledger.decide.state import FileKind, State
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, SourceFile, SourceRow
from ecgcore.ledger.ingest.known import open_rows
from ecgcore.ledger.ingest.label import Evidence, labels_of_studies, write_labels
from ecgcore.ledger.ingest.label_frame import CELLS
from ecgcore.ledger.ledger import Ledger

STORED = Path(__file__).with_name("home_of_0001")
LATER = datetime(2026, 12, 1, tzinfo=UTC)
LABELS = ("scar", "lvef_percent", "subendocardial_scar", "transmural_scar")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger as it was stored."""
    path = tmp_path_factory.mktemp("before") / "ledger.db"
    path.write_bytes(gzip.decompress((STORED / "ledger.db.gz").read_bytes()))
    return path


@pytest.fixture
def migrated(before: Path, tmp_path: Path) -> Iterator[Ledger]:
    (tmp_path / "ledger.db").write_bytes(before.read_bytes())
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        yield ledger


@pytest.fixture
def images(before: Path, tmp_path: Path) -> Path:
    """Stand-ins for the images, which the stored home leaves out: a snapshot links them and reads none."""
    with closing(sqlite3.connect(before)) as connection:
        for (path,) in connection.execute("SELECT image_path FROM study"):
            (tmp_path / "images" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "images" / path).write_bytes(b"png")
    return tmp_path / "images"


def cells(path: Path, table: str, key: str) -> dict[str, dict[str, float]]:
    """The labels of a table's lines in the ledger before, those that are not missing."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        lines = connection.execute(f"SELECT * FROM {table}").fetchall()
    return {line[key]: {name: line[name] for name in LABELS if line[name] is not None} for line in lines}


def test_every_label_of_a_row_and_of_a_study_is_carried_over(before: Path, migrated: Ledger) -> None:
    studies = cells(before, "study", "study_id")
    with migrated.reading() as connection:
        assert labels_of_studies(connection) == studies
        rows = {row_id: json.loads(labels) for row_id, labels in connection.execute(select(Row.row_id, Row.labels))}
        assert rows == cells(before, "row", "row_id")
        assert connection.execute(select(func.count()).select_from(Label)).scalar() == sum(map(len, studies.values()))


def test_a_label_names_its_evidence_its_version_and_its_moment(before: Path, migrated: Ledger) -> None:
    with closing(sqlite3.connect(before)) as connection:
        query = "SELECT s.study_id, r.table_sha256, r.row, s.accepted FROM study s JOIN row r USING (row_id)"
        expected = {
            (study, sha256, f"row {row}", 1, datetime.fromisoformat(accepted).replace(tzinfo=UTC))
            for study, sha256, row, accepted in connection.execute(query)
        }
    columns = (Label.study_id, Label.file_sha256, Label.place, Label.version, Label.created)
    with migrated.reading() as connection:
        assert set(map(tuple, connection.execute(select(*columns)))) == expected


def test_everything_counts_as_before(migrated: Ledger) -> None:
    said = json.loads((STORED / "status.json").read_text(encoding="utf-8"))
    counts = migrated.counts()
    assert {s.value: n for s, n in counts.rows.by_state.items()} == {s.value: said["rows"][s.value] for s in State}
    assert {s.value: n for s, n in counts.files.by_state.items()} == {s.value: said["files"][s.value] for s in State}
    assert counts.rows.by_rule == said["rows"]["by_rule"]
    assert (counts.studies, counts.open_entries) == (said["studies"], said["open_quarantine"])
    assert migrated.check_audit() == said["audit_events"]


def test_locked_sets_keep_their_hash(migrated: Ledger) -> None:
    said = json.loads((STORED / "status.json").read_text(encoding="utf-8"))["test_sets"]
    found = {name: testset.verify(migrated, name) for name in said}
    assert {name: each.sha256 for name, each in found.items()} == {name: each["sha256"] for name, each in said.items()}


def test_the_same_studies_are_the_same_snapshot(migrated: Ledger, images: Path, tmp_path: Path) -> None:
    said = json.loads((STORED / "snapshot.json").read_text(encoding="utf-8"))
    info = freeze_snapshot(migrated, tmp_path / "snapshots", images)
    assert (info.snapshot_id, info.content_sha256) == (said["id"], said["content_sha256"])
    pd.testing.assert_frame_equal(Snapshot.open(info.path).studies, pd.read_parquet(STORED / "studies.parquet"))


def test_the_snapshot_of_before_is_read_with_its_own_rule(images: Path, tmp_path: Path) -> None:
    folder = tmp_path / "snapshot"
    folder.mkdir()
    studies = pd.read_parquet(STORED / "studies.parquet")
    for sha256 in studies["image_sha256"]:
        (folder / "images" / sha256[:2]).mkdir(parents=True, exist_ok=True)
        (folder / "images" / sha256[:2] / f"{sha256}.png").touch()
    (folder / "studies.parquet").write_bytes((STORED / "studies.parquet").read_bytes())
    meta = json.loads((STORED / "snapshot.json").read_text(encoding="utf-8"))
    meta["label_rule"] = {"text": "lvef <= 45", "lvef_threshold_percent": 45.0, "comparison": "<="}
    (folder / "snapshot.json").write_text(json.dumps(meta), encoding="utf-8")
    snapshot = Snapshot.open(folder)
    snapshot.check_targets(["scar", "lvef"])
    assert [snapshot.words(target) for target in ("scar", "lvef")] == ["myocardial scar", "LVEF at most 45 %"]


def correction(ledger: Ledger, **labels: float) -> IngestBatch:
    """A table with the row that says LVEF 150 % put right."""
    (entry,) = [each for each in ledger.open_entries() if each.is_row and each.finding.value == "150"]
    with ledger.reading() as connection:
        (row,) = [each for each in open_rows(connection) if each.row_id == entry.subject]
    table = SourceFile("cmr/corrected.csv", "c" * 64, 100, FileKind.TABLE)
    said: dict[str, Any] = {each.name: getattr(row, each.name) for each in fields(row) if each.name in CELLS}
    said |= {"entry": entry.entry_id, "labels": {**row.labels, **labels}}
    return IngestBatch("later", [table], [SourceRow(row_id=f"{'c' * 16}:2", table_sha256="c" * 64, row=2, cells=said)])


def test_a_correction_releases_the_row_and_its_report(migrated: Ledger) -> None:
    before = migrated.counts()
    summary = migrated.record_batch(correction(migrated, lvef_percent=51.0), now=LATER)
    after = migrated.counts()
    assert (summary.new_studies, after.studies) == (1, before.studies + 1)
    assert after.open_entries == before.open_entries - 2
    with migrated.reading() as connection:
        query = select(Label.name, Label.value, Label.file_sha256, Label.place, Label.version)
        found = connection.execute(query.where(Label.file_sha256 == "c" * 64).order_by(Label.name)).all()
    assert [tuple(each)[2:] for each in found] == [("c" * 64, "row 2", 1)] * len(found)
    assert {each.name: each.value for each in found}["lvef_percent"] == 51.0


def test_the_latest_version_of_a_label_counts_and_none_is_lost(migrated: Ledger) -> None:
    with migrated.writing() as connection:
        study_id, labels = next((s, v) for s, v in labels_of_studies(connection).items() if "lvef_percent" in v)
        evidence = Evidence(connection.execute(select(Label.file_sha256)).scalars().first() or "", "page 2")
        write_labels(connection, study_id, {"lvef_percent": 33.0}, evidence, LATER)
        assert labels_of_studies(connection)[study_id] == {**labels, "lvef_percent": 33.0}
        versions = select(Label.version, Label.value, Label.place).where(Label.study_id == study_id)
        kept = connection.execute(versions.where(Label.name == "lvef_percent").order_by(Label.version)).all()
    assert [(each.version, each.value) for each in kept] == [(1, labels["lvef_percent"]), (2, 33.0)]
    assert kept[1].place == "page 2"


def test_the_way_back_gives_the_columns_back(before: Path, migrated: Ledger, tmp_path: Path) -> None:
    from alembic import command

    with migrated.writing() as connection:
        command.downgrade(config(connection), "0001")
    path = tmp_path / "ledger.db"
    assert cells(path, "study", "study_id") == cells(before, "study", "study_id")
    assert cells(path, "row", "row_id") == cells(before, "row", "row_id")


def test_a_home_on_postgresql_is_carried_over_alike(before: Path, new_postgres_url: Callable[[], str]) -> None:
    from alembic import command

    url = new_postgres_url()
    with Ledger(url) as ledger, ledger.writing() as connection:
        command.downgrade(config(connection), "0001")
        _copy(before, connection)
    with Ledger(url) as ledger, ledger.reading() as connection:
        assert labels_of_studies(connection) == cells(before, "study", "study_id")
        rows = {row_id: json.loads(labels) for row_id, labels in connection.execute(select(Row.row_id, Row.labels))}
        assert rows == cells(before, "row", "row_id")


def _copy(source: Path, connection: Any) -> None:
    with closing(sqlite3.connect(source)) as old:
        old.row_factory = sqlite3.Row
        for table in Base.metadata.sorted_tables:
            if table.name in (Label.__tablename__, FileCaution.__tablename__):
                continue
            lines = [dict(line) for line in old.execute(f'SELECT * FROM "{table.name}"')]
            flags = [c.name for c in table.columns if c.type.python_type is bool]
            for line in lines:
                line.update({name: bool(line[name]) for name in flags})
                names = ", ".join(f'"{name}"' for name in line)
                places = ", ".join(f":{name}" for name in line)
                connection.execute(text(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'), line)

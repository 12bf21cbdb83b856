"""Which snapshot a run directory belongs to."""

from __future__ import annotations

import json
import shutil

import pytest

from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import TrainingError
from ecgcore.training.rundir import RunDir


@pytest.fixture
def run(tmp_path, snapshot_dir, make_recipe):
    run = RunDir(tmp_path / "run")
    run.path.mkdir()
    run.claim(Snapshot.open(snapshot_dir), make_recipe())
    return run


def frozen_again(snapshot_dir, folder, **changed) -> Snapshot:
    """The same snapshot, written at another time, perhaps with more changed."""
    shutil.copytree(snapshot_dir, folder)
    meta = json.loads((folder / "snapshot.json").read_text())
    (folder / "snapshot.json").write_text(json.dumps({**meta, "created": "2031-01-01T00:00:00+00:00", **changed}))
    return Snapshot.open(folder)


def test_a_snapshot_that_was_frozen_again_is_the_same_snapshot(run, snapshot_dir, make_recipe, tmp_path):
    run.claim(frozen_again(snapshot_dir, tmp_path / "again"), make_recipe())


def test_other_content_is_another_snapshot(run, snapshot_dir, make_recipe, tmp_path):
    other = frozen_again(snapshot_dir, tmp_path / "other", content_sha256="0" * 64)
    with pytest.raises(TrainingError, match=r"belongs to another snapshot \(snapshot\.json differs\)"):
        run.claim(other, make_recipe())


def test_a_damaged_claim_is_no_claim(run, snapshot_dir, make_recipe):
    (run.path / "snapshot.json").write_text("[")
    with pytest.raises(TrainingError, match="belongs to another snapshot"):
        run.claim(Snapshot.open(snapshot_dir), make_recipe())

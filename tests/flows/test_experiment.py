"""An experiment: trained once, compared on validation, confirmed once on the locked tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.errors import RecipeError, TrainingError
from ecgcore.predictor.scoring import score
from ecgcore.settings import Settings
from tasks.judging.experiment import confirm, experiment

PLAN = {
    "name": "trial", "description": "A test", "seeds": [3, 1], "base": {"recipe": "tiny"},
    "variants": {
        "linear": {"why": "another decay", "changes": {"schedule.decay": "linear"}},
        "moved": {"why": "moved leads", "changes": {"augment.lead_shift": {"limit": 0.02, "p": 0.5}}},
    },
}  # fmt: skip

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def settings(tmp_path_factory, champion_home: Path, copy_of, deployments: Path) -> Settings:
    home = copy_of(champion_home, tmp_path_factory.mktemp("experiment") / "home")
    return Settings(home=home, deployments=deployments)


@pytest.fixture(scope="module")
def plan(settings: Settings) -> Path:
    path = settings.home.parent / "trial.yaml"
    path.write_text(yaml.safe_dump(PLAN, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def looks(settings: Settings, books_of) -> Callable[[], dict[str, int]]:
    return lambda: dict(books_of(settings.home).rows("SELECT name, looks FROM test_set"))


@pytest.fixture(scope="module")
def finished(settings: Settings, plan: Path, looks):
    before = looks()
    first = experiment(settings, plan, at_most=2)  # the champion's training is one of the six, and done
    assert (first.trained, first.trials, first.contrasts, first.finished) == (3, 6, (), False)
    assert not first.folder.exists()
    last = experiment(settings, plan)
    assert looks() == before  # validation only
    return last


def test_it_goes_on_where_it_stopped_and_compares_every_variant(finished):
    assert (finished.trained, finished.finished) == (6, True)
    assert [(c.variant, c.target) for c in finished.contrasts] == [
        ("linear", "scar"), ("moved", "scar"), ("linear", "lvef"), ("moved", "lvef"),
    ]  # fmt: skip
    assert {p.name for p in finished.folder.iterdir()} == {f"results.{e}" for e in ("csv", "md", "html", "png")}
    table = pd.read_csv(finished.folder / "results.csv")
    assert table["difference"].tolist() == pytest.approx([c.difference.value for c in finished.contrasts])
    assert "moved leads" in (finished.folder / "results.md").read_text()
    assert json.loads(json.dumps(finished.to_json()))["contrasts"][0]["variant"] == "linear"


def test_what_is_trained_is_not_trained_again(settings, plan, finished):
    runs = settings.home / "runs"
    before = {path: path.stat().st_mtime_ns for path in runs.rglob("*") if path.is_file()}
    assert experiment(settings, plan).contrasts == finished.contrasts
    assert {path: path.stat().st_mtime_ns for path in runs.rglob("*") if path.is_file()} == before
    assert len(list(runs.iterdir())) == 6  # the champion's, which is the base with the first seed, among them


def test_the_scores_are_the_exported_models_on_the_validation_images(settings, finished):
    snapshot = Snapshot.open(settings.home / "snapshots" / finished.snapshot)
    rows = snapshot.rows(Split.VALID)
    for run in (settings.home / "runs").iterdir():
        scored = pd.read_parquet(run / "scores.parquet")
        expected = score(snapshot, rows, run / "model")
        assert scored["study_id"].tolist() == rows["study_id"].tolist()
        for target in ("scar", "lvef"):
            np.testing.assert_allclose(scored[f"{target}_probability"], expected[f"{target}_probability"], atol=1e-6)
            assert scored[f"{target}_label"].equals(expected[f"{target}_label"])


def test_the_tests_are_looked_at_once_and_for_one_variant(settings, plan, finished, looks, books_of):
    before = looks()
    with pytest.raises(RecipeError, match="has no variant 'other'"):
        confirm(settings, plan, "other")
    assert looks() == before
    found = confirm(settings, plan, "moved")
    assert looks() == {name: count + 1 for name, count in before.items()}
    assert {(c.variant, c.target, c.place) for c in found.contrasts} == {
        ("moved", target, name) for target in ("scar", "lvef") for name in ("old", "new")
    }
    assert confirm(settings, plan, "moved").contrasts == found.contrasts
    with pytest.raises(TrainingError, match="was confirmed with variant 'moved'"):
        confirm(settings, plan, "linear")
    assert looks() == {name: count + 1 for name, count in before.items()}
    query = "SELECT actor FROM audit_event WHERE event = 'testset-look' ORDER BY number DESC"
    actors = books_of(settings.home).rows(query)
    assert actors[0][0].startswith("experiment trial, moved against base")


def test_nothing_is_confirmed_before_all_is_trained(settings, tmp_path, looks, finished):
    path = tmp_path / "more.yaml"
    more = {"late": {"why": "x", "changes": {"schedule.warmup_steps": 1}}}
    path.write_text(yaml.safe_dump({**PLAN, "name": "more", "variants": {**PLAN["variants"], **more}}))
    before = looks()
    with pytest.raises(TrainingError, match="has 2 trainings that are not finished"):
        confirm(settings, path, "moved")
    assert looks() == before


def test_folds_score_every_study_of_no_test_set_once(settings, tmp_path, looks, finished):
    path = tmp_path / "folded.yaml"
    one = {"moved": PLAN["variants"]["moved"]}
    path.write_text(yaml.safe_dump({**PLAN, "name": "folded", "folds": 3, "seeds": [1], "variants": one}))
    before = looks()
    found = experiment(settings, path)
    assert (found.trained, found.trials) == (6, 6)
    studies = Snapshot.open(settings.home / "snapshots" / found.snapshot).studies
    free = studies[studies["split"] != "test"]
    by_target = {c.target: c for c in found.contrasts}
    for target in ("scar", "lvef"):
        labels = free[target].dropna()
        assert (by_target[target].n, by_target[target].positives) == (len(labels), labels.sum())
        assert by_target[target].place == "out of fold"
    with pytest.raises(TrainingError, match="is a cross-validation"):
        confirm(settings, path, "moved")
    assert looks() == before

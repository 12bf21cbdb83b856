"""Trainings that end in a directory of our own format, and the refusal of one that lacks published weights."""

from __future__ import annotations

import pytest

from ecgcore.data.snapshot import Snapshot, Split
from ecgcore.errors import RecipeError
from ecgcore.predictor.formats.own import read_own_dir
from ecgcore.predictor.golden.golden import replay
from ecgcore.predictor.scoring import score
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.strict import from_mapping
from ecgcore.training.train import train

TARGETS = ("scar", "lvef", "subendocardial_scar")


def test_a_transformer_of_three_targets_is_trained_exported_and_scored(snapshot_dir, make_recipe_dict, tmp_path):
    content = make_recipe_dict(epochs=1) | {"slot": None, "promotable": False}
    content["model"] |= {"backbone": "test_vit", "targets": list(TARGETS)}
    content["loss"]["ratio"] = dict.fromkeys(TARGETS, 1.0)
    content["schedule"]["warmup_steps"] = 1
    run = train(snapshot_dir, from_mapping(Recipe, content, "x"), tmp_path / "run", progress=False)
    spec = read_own_dir(run / "model").spec
    assert (spec.targets, spec.backbone, spec.image_size) == (TARGETS, "test_vit", (48, 64))
    assert replay(run / "model", run / "golden").ok
    snapshot = Snapshot.open(snapshot_dir)
    rows = snapshot.rows(Split.VALID)
    frame = score(snapshot, rows, run / "model")
    assert frame[[f"{target}_probability" for target in TARGETS]].notna().all(axis=None) and len(frame) == len(rows)


def test_required_weights_that_are_not_here_end_a_training_before_it_begins(
    snapshot_dir, make_recipe_dict, tmp_path, monkeypatch
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    content = make_recipe_dict(epochs=1)
    content["model"]["pretrained"] = "required"
    with pytest.raises(RecipeError, match="are required by the recipe, and are neither in the cache"):
        train(snapshot_dir, from_mapping(Recipe, content, "x"), tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()

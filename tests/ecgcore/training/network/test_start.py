"""A recipe that starts from another's run: pretrained on one format, fine-tuned on both."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ecgcore.errors import TrainingError
from ecgcore.models.factory import build
from ecgcore.predictor.formats.mtecg import read_model_dir
from ecgcore.training.network.start import Start
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.rundir import RunDir
from ecgcore.training.train import train


class KilledError(Exception):
    pass


def kill(report) -> None:
    raise KilledError


def old(recipe: Recipe) -> Recipe:
    return replace(recipe, name="old", data=replace(recipe.data, formats=("old",)))


def tuned(recipe: Recipe, **model: object) -> Recipe:
    changed = replace(recipe.model, **model)
    return replace(recipe, name="new", start_from="old", model=changed)


@pytest.fixture(scope="module")
def recipe(make_recipe) -> Recipe:
    found = make_recipe(epochs=2)
    return replace(found, schedule=replace(found.schedule, warmup_steps=1))


@pytest.fixture(scope="module")
def first(snapshot_dir, recipe, tmp_path_factory) -> Path:
    return train(snapshot_dir, old(recipe), tmp_path_factory.mktemp("r") / "old-run", progress=False)


def with_temperature(run: Path, copy: Path, temperature: float) -> Path:
    """The run as if calibration had found this temperature: heads divided by it, as the summary says."""
    import shutil

    shutil.copytree(run, copy)
    said = json.loads((copy / "summary.json").read_text())
    path = copy / "model" / "model.ckpt"
    content = torch.load(path, weights_only=True)
    for target in ("scar", "lvef"):
        factor = temperature / said["temperature"][target]["value"]
        said["temperature"][target]["value"] = temperature
        for part in ("weight", "bias"):
            content["state_dict"][f"{target}_head.{part}"] /= factor
    torch.save(content, path)
    (copy / "summary.json").write_text(json.dumps(said))
    return copy


def test_the_temperature_is_taken_out_of_the_heads(first, snapshot_dir, recipe, tmp_path):
    hot = with_temperature(first, tmp_path / "hot", 2.5)
    states = []
    for run in (first, hot):
        network = build(recipe.model.spec)
        Start(run, "old", "", "").load_into(network)
        states.append(network.state_dict())
    for name, value in states[0].items():
        torch.testing.assert_close(states[1][name], value)
    exported = read_model_dir(hot / "model").network.state_dict()
    torch.testing.assert_close(states[1]["heads.scar.weight"], exported["heads.scar.weight"] * 2.5)
    assert torch.equal(states[1]["backbone.fc.weight"], exported["backbone.fc.weight"])


def test_it_begins_with_the_starts_weights_and_records_them(first, snapshot_dir, recipe, tmp_path):
    still = replace(tuned(recipe), optimiser=replace(recipe.optimiser, learning_rate=1e-12, weight_decay=0.0))
    run = train(snapshot_dir, still, tmp_path / "new-run", start=first, progress=False)
    network = build(recipe.model.spec)
    Start(first, "old", "", "").load_into(network)
    ended = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    for name, value in network.named_parameters():
        torch.testing.assert_close(ended[f"network.{name}"], value, rtol=0, atol=1e-9)
    sha256 = hashlib.sha256((first / "model" / "model.ckpt").read_bytes()).hexdigest()
    said = {"path": "old-run", "recipe": "old", "recipe_sha256": old(recipe).sha256, "model_sha256": sha256}
    assert json.loads((run / "summary.json").read_text())["start_from"] == said
    assert json.loads((run / "start.json").read_text()) == said


def test_a_killed_fine_tuning_resumes_to_the_same_weights(first, snapshot_dir, recipe, tmp_path):
    whole = train(snapshot_dir, tuned(recipe), tmp_path / "whole", start=first, progress=False)
    with pytest.raises(KilledError):
        train(snapshot_dir, tuned(recipe), tmp_path / "cut", start=first, progress=False, callback=kill)
    cut = train(snapshot_dir, tuned(recipe), tmp_path / "cut", start=first, progress=False)
    one, two = (torch.load(run / "model" / "model.ckpt", weights_only=True)["state_dict"] for run in (whole, cut))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_another_start_of_the_same_run_is_refused(first, snapshot_dir, recipe, tmp_path):
    with pytest.raises(KilledError):
        train(snapshot_dir, tuned(recipe), tmp_path / "r", start=first, progress=False, callback=kill)
    hot = with_temperature(first, tmp_path / "hot", 2.0)
    with pytest.raises(TrainingError, match=r"belongs to another start \(start\.json differs\)"):
        train(snapshot_dir, tuned(recipe), tmp_path / "r", start=hot, progress=False)


def test_a_start_belongs_to_a_recipe_that_names_one(first, snapshot_dir, recipe, tmp_path):
    with pytest.raises(TrainingError, match="starts from old, but no run is given"):
        train(snapshot_dir, tuned(recipe), tmp_path / "r", progress=False)
    with pytest.raises(TrainingError, match=r"starts from none, but .* is given"):
        train(snapshot_dir, recipe, tmp_path / "r", start=first, progress=False)


def test_a_start_that_does_not_fit_is_refused(first, snapshot_dir, recipe, tmp_path, make_snapshot):
    RunDir(tmp_path / "open").path.mkdir()
    with pytest.raises(TrainingError, match="is no finished run"):
        train(snapshot_dir, tuned(recipe), tmp_path / "r", start=tmp_path / "open", progress=False)
    with pytest.raises(TrainingError, match="is a run of old, recipe new starts from older"):
        train(snapshot_dir, replace(tuned(recipe), start_from="older"), tmp_path / "r", start=first, progress=False)
    other = make_snapshot(tmp_path / "s", studies=24)
    meta = json.loads((other / "snapshot.json").read_text()) | {"content_sha256": "d" * 64}
    (other / "snapshot.json").write_text(json.dumps(meta))
    with pytest.raises(TrainingError, match="was trained on snapshot snap-1"):
        train(other, tuned(recipe), tmp_path / "r", start=first, progress=False)
    with pytest.raises(TrainingError, match="holds a network of another layout"):
        train(snapshot_dir, tuned(recipe, latent_dim=8), tmp_path / "r", start=first, progress=False)

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
from ecgcore.models.odds_line import OddsLine
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


def with_line(run: Path, copy: Path, line: OddsLine) -> Path:
    """The run as if calibration had found this line, folded into its heads, as the summary says."""
    import shutil

    shutil.copytree(run, copy)
    said = json.loads((copy / "summary.json").read_text())
    path = copy / "model" / "model.ckpt"
    content = torch.load(path, weights_only=True)
    for target in ("scar", "lvef"):
        before = said["operating_point"][target]["folded"]
        weight, bias = (content["state_dict"][f"{target}_head.{part}"] for part in ("weight", "bias"))
        weight *= line.slope / before["slope"]
        bias -= torch.tensor([-before["intercept"] / 2, before["intercept"] / 2])
        bias *= line.slope / before["slope"]
        bias += torch.tensor([-line.intercept / 2, line.intercept / 2])
        said["operating_point"][target]["folded"] = vars(line)
    torch.save(content, path)
    (copy / "summary.json").write_text(json.dumps(said))
    return copy


def test_the_calibration_is_taken_out_of_the_heads(first, snapshot_dir, recipe, tmp_path):
    hot = with_line(first, tmp_path / "hot", OddsLine(0.4, 1.5))
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


def test_the_temperature_of_a_run_until_2026_is_taken_out_too(first, recipe, tmp_path):
    old_run = with_line(first, tmp_path / "old", OddsLine(0.4, 0.0))
    said = json.loads((old_run / "summary.json").read_text())
    del said["operating_point"]
    said["temperature"] = {t: {"value": 2.5, "fitted": True, "negatives": 9, "positives": 9} for t in ("scar", "lvef")}
    (old_run / "summary.json").write_text(json.dumps(said))
    networks = [build(recipe.model.spec) for _ in range(2)]
    for network, run in zip(networks, (first, old_run), strict=True):
        Start(run, "old", "", "").load_into(network)
    for name, value in networks[0].state_dict().items():
        torch.testing.assert_close(networks[1].state_dict()[name], value)


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
    hot = with_line(first, tmp_path / "hot", OddsLine(0.5, 0.0))
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

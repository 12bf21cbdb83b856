"""Every image recipe's model directory against the facts: key for key and shape for shape."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ecgcore.models.factory import build
from ecgcore.predictor.formats.mtecg import read_model_dir, write_model_dir
from ecgcore.training.recipe.input_section import ImageInput
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.recipe_file import load_recipe

RECIPES = sorted((Path(__file__).parents[3] / "deployments" / "recipes").glob("*.yaml"))
STUDY = [path for path in RECIPES if getattr(load_recipe(path).model, "backbone", None) == "resnet34d"]

IMAGES = [path for path in STUDY if isinstance(load_recipe(path).input, ImageInput)]


def test_the_study_s_recipes_are_all_there():
    """Eight models on images, five on signals (paper), two more loss ratios, and ours."""
    models = {"multi-task", "multi-task-old", "transferred", "single-task-scar", "single-task-lvef"}
    clinical = {f"{name}-clinical" for name in ("multi-task", "single-task-scar", "single-task-lvef")}
    signals = {"multi-task-1d", "multi-task-1d-old", "transferred-1d", "single-task-scar-1d", "single-task-lvef-1d"}
    ratios = {"multi-task-60-40", "multi-task-70-30"}
    assert {path.stem for path in STUDY} == models | clinical | signals | ratios | {"multi-task-best"}


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.stem)
def test_its_directory_is_the_contracts(path, contract, tmp_path):
    recipe = Recipe.load(path)
    facts = contract[recipe.model.family.value]
    network = build(replace(recipe.model.spec, pretrained=False))
    assert recipe.format == "mtecg"
    ratio = None if recipe.model.family.is_single else recipe.loss.ratio
    folder = write_model_dir(network, network.spec, recipe.input.transform, "{}", tmp_path / "m", ratio)
    state = torch.load(folder / "model.ckpt", weights_only=True)["state_dict"]
    assert {name: list(value.shape) for name, value in state.items()} == facts["state_dict"]
    assert len(state) == facts["state_dict_entries"]
    configs = json.loads((folder / "configs.json").read_text())
    assert configs.keys() == facts["configs.json"].keys()
    shaping = configs.keys() - {"scar_lvef_loss_ratio"}
    assert {key: configs[key] for key in shaping} == {key: facts["configs.json"][key] for key in shaping}
    if ratio:
        assert configs["scar_lvef_loss_ratio"] == [ratio["scar"], ratio["lvef"]]
    assert read_model_dir(folder).spec == network.spec


def test_the_best_recipe_is_the_study_s_with_another_resize(tmp_path):
    """``docs/experiments.md`` names one change; flag 3 is OpenCV's ``INTER_AREA`` (facts/predictor.md)."""
    best, study = (
        load_recipe(RECIPES[0].with_name(f"{name}.yaml")).to_dict() for name in ("multi-task-best", "multi-task")
    )
    assert best["input"] | {"interpolation": "bilinear"} == study["input"]
    named = {"name", "description", "input"}
    assert {k: v for k, v in best.items() if k not in named} == {k: v for k, v in study.items() if k not in named}
    recipe = Recipe.load(RECIPES[0].with_name("multi-task-best.yaml"))
    network = build(replace(recipe.model.spec, pretrained=False))
    folder = write_model_dir(network, network.spec, recipe.input.transform, "{}", tmp_path / "m", recipe.loss.ratio)
    (resize, *_) = json.loads((folder / "transform.json").read_text())["transform"]["transforms"]
    assert (resize["__class_fullname__"], resize["interpolation"]) == ("Resize", 3)

from pathlib import Path

import pytest
import yaml

from ecgcore.errors import RecipeError
from ecgcore.training.recipe.overlay import Overlay
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.recipe_file import load_recipe

DEPLOYMENTS = Path(__file__).parents[4] / "deployments"
DEMO = DEPLOYMENTS / "overlays" / "demo.yaml"
TABLES = ("majority", "xgboost")
RECIPES = sorted((DEPLOYMENTS / "recipes").glob("*.yaml"))


def overlay(tmp_path: Path, **content: object) -> Path:
    path = tmp_path / "overlay.yaml"
    path.write_text(yaml.safe_dump({"suffix": "tiny", "description": "for a test", **content}))
    return path


def recipe(tmp_path: Path, content: dict) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_demo_overlay_fits_every_recipe_and_keeps_what_it_is(path):
    whole, small = load_recipe(path), load_recipe(path, DEMO)
    assert small.name == f"{whole.name}-small"
    assert small.start_from == (f"{whole.start_from}-small" if whole.start_from else None)
    assert (small.model.family, small.model.targets) == (whole.model.family, whole.model.targets)
    assert (small.input.kind, small.data) == (whole.input.kind, whole.data)
    assert getattr(small.loss, "ratio", None) == getattr(whole.loss, "ratio", None)
    assert (small.slot, small.promotable) == (None, False)
    assert small.sha256 != whole.sha256


def test_groups_hold_for_their_recipes_and_the_later_wins(tmp_path):
    content = {
        "every": {"training.seed": 7},
        "network": {"model.latent_dim": 8, "training.epochs": 1},
        "image": {"model.latent_dim": 16},
        "signal": {"model.latent_dim": 24},
        "clinical": {"model.clinical": {"embedding_size": 3, "rnn_output_size": 7}},
    }
    path = overlay(tmp_path, **content)
    found = {each.stem: Recipe.load(each, path) for each in RECIPES if each.stem not in TABLES}
    assert {each.training.seed for each in found.values()} == {7}
    assert load_recipe(RECIPES[0].with_name("xgboost.yaml"), path).training.seed == 7
    assert {name: each.model.latent_dim for name, each in found.items()} == {
        name: 24 if "1d" in name else 16 for name in found
    }
    sizes = {name: each.model.clinical.rnn_output_size for name, each in found.items() if each.model.clinical}
    assert sizes == dict.fromkeys(("multi-task-clinical", "single-task-lvef-clinical", "single-task-scar-clinical"), 7)
    assert {each.training.epochs for each in found.values()} == {1}


def test_a_value_is_replaced_as_a_whole_and_the_recipe_file_stays_as_it_is(tmp_path, make_recipe_dict):
    content = make_recipe_dict(weight_averaging={"kind": "swa", "start": 0.5, "learning_rate": 0.1})
    path = overlay(tmp_path, every={"training.weight_averaging": {"kind": "none"}, "augment": {}})
    changed = Overlay.load(path).over(content, "r.yaml")
    assert changed["training"]["weight_averaging"] == {"kind": "none"} and changed["augment"] == {}
    assert content["training"]["weight_averaging"]["kind"] == "swa" and content["augment"]
    assert (changed["name"], changed["description"]) == ("tiny-tiny", "a test; for a test")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"every": {"model.bakcbone": "x"}}, "replaces 'model.bakcbone', which .*recipe.yaml lacks"),
        ({"every": {"input.height.deep": 1}}, "replaces 'input.height.deep', which .*recipe.yaml lacks"),
        ({"every": {"model.family": "single-task"}}, "makes a recipe what it is"),
        ({"every": {"input": {"kind": "signal"}}}, "makes a recipe what it is"),
        ({"evry": {}}, "unknown key 'evry'.*did you mean 'every'"),
        ({"every": ["training.epochs"]}, "'every' is"),
        ({"suffix": "a+b"}, "needs a description, and a suffix"),
        ({"suffix": 3}, "'suffix' is 3"),
        ({"description": ""}, "needs a description, and a suffix"),
        ({"every": {"training.epochs": 0}}, "epochs must be at least 1"),
    ],
)
def test_a_wrong_overlay_is_refused(tmp_path, make_recipe_dict, content, message):
    path = recipe(tmp_path, make_recipe_dict())
    with pytest.raises(RecipeError, match=f"(?s){message}"):
        Recipe.load(path, overlay(tmp_path, **content))

import copy
from pathlib import Path

import pytest
import yaml

from ecgcore.data.transform import Interpolation
from ecgcore.errors import RecipeError
from ecgcore.training.recipe import Averaging, Recipe
from ecgcore.training.strict import from_mapping

RECIPES = Path(__file__).parents[3] / "deployments" / "recipes"


@pytest.mark.parametrize("name", ["multi-task", "multi-task-demo"])
def test_deployed_recipes_load_under_their_own_name(name):
    recipe = Recipe.load(RECIPES / f"{name}.yaml")
    assert recipe.name == name
    assert recipe.slot == "champion" and recipe.promotable


def test_the_studys_settings(make_recipe):
    recipe = Recipe.load(RECIPES / "multi-task.yaml")
    assert (recipe.input.height, recipe.input.width, recipe.model.backbone) == (384, 384, "resnet34d")
    assert (recipe.training.batch_size, recipe.training.epochs, recipe.training.early_stopping_patience) == (16, 30, 5)
    assert recipe.schedule.warmup_steps == 100
    assert recipe.training.weight_averaging.kind is Averaging.SWA
    assert recipe.loss.ratio["scar"] == recipe.loss.ratio["lvef"]
    assert recipe.model.pretrained


def test_to_dict_and_yaml_round_trip(make_recipe):
    recipe = make_recipe(weight_averaging={"kind": "ema", "decay": 0.9})
    again = from_mapping(Recipe, yaml.safe_load(yaml.safe_dump(recipe.to_dict())), "x")
    assert again == recipe and again.sha256 == recipe.sha256
    assert recipe.input.transform.interpolation is Interpolation.AREA


def test_hash_ignores_comments_and_order_but_no_value(tmp_path, make_recipe_dict):
    content = make_recipe_dict()
    one, two = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text(yaml.safe_dump(content, sort_keys=True))
    two.write_text("# a comment\n" + yaml.safe_dump(content, sort_keys=False))
    assert Recipe.load(one).sha256 == Recipe.load(two).sha256
    content["training"]["seed"] = 4
    two.write_text(yaml.safe_dump(content))
    assert Recipe.load(one).sha256 != Recipe.load(two).sha256


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("training", "epoch"), 3, "unknown key 'training.epoch'.*did you mean 'epochs'"),
        (("bakcbone",), "x", "unknown key 'bakcbone'"),
        (("training", "epochs"), 0, "training: epochs must be at least 1"),
        (("training", "epochs"), "3", "'training.epochs' is '3', needs int"),
        (("training", "epochs"), True, "'training.epochs' is True, needs int"),
        (("optimiser", "learning_rate"), "1e-3", r"needs float.*1\.0e-3"),
        (("optimiser", "name"), "adam", "'optimiser.name' is 'adam'.*did you mean 'adamw'"),
        (("loss", "ratio"), {"scar": 1.0}, "ratio names each of the model's targets"),
        (("loss", "ratio"), {"scar": 1.0, "lvef": 0.0}, "each ratio must be above 0"),
        (("model", "family"), "multi-task-clinical", "cannot have a clinical family"),
        (("model", "family"), "single-task", "predicts one target"),
        (("model", "targets"), ["scar", "scar"], "model targets"),
        (("training", "weight_averaging"), {"kind": "ema"}, "'decay' belongs to kind ema"),
        (("training", "weight_averaging"), {"kind": "none", "start": 0.5}, "'start' belongs to kind swa"),
        (("slot",), None, "promotable recipe names its slot"),
        (("start_from",), "multi-task", "start_from must be null"),
        (("augment", "blur"), {"limit": 4, "p": 0.2}, "must be odd"),
        (("augment", "lead_shift"), {"limit": 0.5, "p": 0.2}, r"a shift limit must be in \(0, 0.1\]"),
        (("augment", "page_shift"), {"limit": 0.01, "p": 1.2}, r"p must be in \[0, 1\]"),
        (("augment", "rotation"), {"limit": 0.0, "p": 0.2}, "rotation limit must be in"),
        (("augment", "thickness"), {"limit": 1.5, "p": 0.2}, "thickness limit must be in"),
        (("augment", "grid"), {"limit": 0.5}, "lacks the key 'augment.grid.p'"),
        (("augment", "jpeg"), {"lowest_quality": 0, "p": 0.2}, "lowest_quality must be in 1 .. 100"),
        (("augment", "mixup"), {"alpha": 0.0}, "mixup alpha must be above 0"),
        (("augment", "leadshift"), {}, "unknown key 'augment.leadshift'.*did you mean 'lead_shift'"),
        (("input",), None, "'?input'? is no mapping"),
    ],
)
def test_a_wrong_recipe_names_file_key_and_next_step(tmp_path, make_recipe_dict, where, value, message):
    content = copy.deepcopy(make_recipe_dict())
    part = content
    for key in where[:-1]:
        part = part[key]
    part[where[-1]] = value
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(RecipeError, match=f"(?s){message}") as caught:
        Recipe.load(path)
    assert "Hint: " in str(caught.value)


def test_a_missing_key_and_a_missing_file_are_named(tmp_path, make_recipe_dict):
    content = make_recipe_dict()
    del content["training"]["seed"]
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(RecipeError, match=r"r\.yaml: lacks the key 'training\.seed'"):
        Recipe.load(path)
    with pytest.raises(RecipeError, match=r"absent\.yaml: cannot be read"):
        Recipe.load(tmp_path / "absent.yaml")
    path.write_text("a: [")
    with pytest.raises(RecipeError, match="is no YAML"):
        Recipe.load(path)

import copy
from pathlib import Path

import pytest
import yaml

from ecgcore.errors import RecipeError
from ecgcore.models.table_family import TableFamily
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.recipe_file import load_recipe
from ecgcore.training.recipe.strict import from_mapping
from ecgcore.training.recipe.table_recipe import TableRecipe
from ecgcore.training.table.boosting import parameters

RECIPES = Path(__file__).parents[4] / "deployments" / "recipes"


def content(name: str = "xgboost") -> dict:
    return yaml.safe_load((RECIPES / f"{name}.yaml").read_text())


def test_the_xgboost_recipe_is_the_studys() -> None:
    recipe = load_recipe(RECIPES / "xgboost.yaml")
    assert isinstance(recipe, TableRecipe) and recipe.boosting and recipe.training
    assert recipe.model.family is TableFamily.XGBOOST
    assert recipe.model.targets == ("scar", "lvef")
    assert set(recipe.input.features) == {"female", "age", "smoke", "diabetes", "hypertension", "dyslipidemia"}
    assert (recipe.slot, recipe.promotable) == (None, False)
    assert parameters(recipe.boosting, recipe.training) == {
        "booster": "dart", "tree_method": "hist", "grow_policy": "lossguide", "rate_drop": 0.3,
        "learning_rate": 0.3, "max_depth": 6, "min_child_weight": 1.0, "reg_lambda": 1.0,
        "objective": "binary:logistic", "seed": 1, "nthread": 1, "verbosity": 0,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["xgboost", "majority"])
def test_a_table_recipe_survives_its_own_yaml(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / f"{name}.yaml")
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(recipe.to_dict()))
    again = load_recipe(tmp_path / "again.yaml")
    assert (again, again.sha256) == (recipe, recipe.sha256)


def test_the_kind_of_input_says_what_a_file_is(tmp_path: Path) -> None:
    assert type(load_recipe(RECIPES / "multi-task.yaml")) is Recipe
    (tmp_path / "odd.yaml").write_text("input: {kind: sound}")
    with pytest.raises(RecipeError, match=r"'input.kind' is 'sound', allowed are .*'image'.*'table'"):
        load_recipe(tmp_path / "odd.yaml")
    (tmp_path / "list.yaml").write_text("[1, 2]")
    with pytest.raises(RecipeError, match="is no mapping"):
        load_recipe(tmp_path / "list.yaml")


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (("promotable",), True, "the deployed predictor reads images"),
        (("slot",), "champion", "the deployed predictor reads images"),
        (("input", "features"), ["female", "weight"], "not weight"),
        (("input", "features"), ["age", "age"], "names one twice"),
        (("input", "features"), [], "needs one at least"),
        (("model", "targets"), ["scar", "scar"], "not a list of different names"),
        (("model", "family"), "majority", "belong to xgboost"),
        (("boosting", "booster"), "gbtree", "'rate_drop' belongs to booster dart"),
        (("boosting", "rate_drop"), None, "'rate_drop' belongs to booster dart"),
        (("boosting", "rate_drop"), 1.0, r"rate_drop must be in \[0, 1\)"),
        (("boosting", "learning_rate"), 0.0, "learning_rate must be in"),
        (("boosting", "rounds"), 0, "rounds must be 1 to 10000"),
        (("boosting", "patience"), 0, "patience must be at least 1"),
        (("boosting", "max_depth"), 0, "max_depth must be 1 to 16"),
        (("boosting", "min_child_weight"), -1.0, "min_child_weight"),
        (("boosting", "reg_lambda"), -1.0, "reg_lambda"),
        (("boosting",), None, "'boosting' belongs to xgboost, which needs it"),
        (("training", "seed"), -1, "seed must be"),
        (("training", "num_threads"), 0, "num_threads must be at least 1"),
    ],
)
def test_wrong_values_are_refused(path: tuple[str, ...], value: object, rule: str) -> None:
    changed = copy.deepcopy(content())
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(RecipeError, match=rule):
        from_mapping(TableRecipe, changed, "xgboost.yaml")


def test_the_majority_class_has_nothing_to_choose() -> None:
    with pytest.raises(RecipeError, match="'boosting' belongs to xgboost"):
        from_mapping(TableRecipe, content("majority") | {"boosting": content()["boosting"]}, "majority.yaml")

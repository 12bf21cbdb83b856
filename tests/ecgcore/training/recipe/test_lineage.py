import hashlib
from pathlib import Path

import pytest
import yaml

from ecgcore.errors import RecipeError
from ecgcore.training.recipe.lineage import load_lineage
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.recipe_file import load_recipe


@pytest.fixture
def folder(tmp_path, make_recipe_dict):
    """Write recipes that start from each other: name -> name of its start, with changes of the model."""

    def write(**starts: str | tuple[str | None, dict] | None) -> Path:
        for name, told in starts.items():
            start, model = told if isinstance(told, tuple) else (told, {})
            content = make_recipe_dict() | {"name": name, "start_from": start}
            content["model"] |= model
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
        return tmp_path

    return write


def test_a_lineage_begins_with_the_recipe_that_starts_from_none(folder):
    path = folder(a=None, b="a", c="b") / "c.yaml"
    lineage = load_lineage(path)
    assert [recipe.name for recipe in lineage.recipes] == ["a", "b", "c"]
    assert lineage.recipe == Recipe.load(path) == load_recipe(path)
    assert lineage.before == load_lineage(path.with_name("b.yaml"))
    assert load_lineage(path.with_name("a.yaml")).before is None


def test_a_runs_name_changes_with_every_recipe_of_its_lineage(folder):
    path = folder(a=None, b="a") / "b.yaml"
    before = load_lineage(path)
    alone = load_lineage(path.with_name("a.yaml"))
    assert alone.run_name("snap") == f"a-snap-{alone.recipe.sha256[:8]}"
    together = hashlib.sha256(f"{alone.recipe.sha256}\n{before.recipe.sha256}".encode()).hexdigest()
    assert before.run_name("snap") == f"b-snap-{together[:8]}"
    content = yaml.safe_load(path.with_name("a.yaml").read_text())
    content["training"]["seed"] += 1
    path.with_name("a.yaml").write_text(yaml.safe_dump(content))
    assert load_lineage(path).recipe == before.recipe
    assert load_lineage(path).run_name("snap") != before.run_name("snap")


def test_an_overlay_holds_for_the_whole_lineage(folder, tmp_path):
    path = folder(a=None, b="a") / "b.yaml"
    overlay = tmp_path / "overlay" / "tiny.yaml"
    overlay.parent.mkdir()
    overlay.write_text(yaml.safe_dump({"suffix": "xs", "description": "d", "every": {"model.latent_dim": 8}}))
    lineage = load_lineage(path, overlay)
    assert [recipe.name for recipe in lineage.recipes] == ["a-xs", "b-xs"]
    assert {recipe.model.latent_dim for recipe in lineage.recipes} == {8}


@pytest.mark.parametrize("starts", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}])
def test_a_circle_is_refused(folder, starts):
    with pytest.raises(RecipeError, match="starts from itself by way of"):
        load_lineage(folder(**starts) / "a.yaml")


def test_an_unknown_start_is_refused(folder):
    with pytest.raises(RecipeError, match=r"nowhere\.yaml: is what a recipe names in start_from.*\(a are\)"):
        load_lineage(folder(a="nowhere") / "a.yaml")


@pytest.mark.parametrize("model", [{"latent_dim": 8}, {"backbone": "resnet10t"}, {"bias_head": False}])
def test_weights_that_do_not_fit_are_refused_before_anything_is_trained(folder, model):
    path = folder(a=(None, model), b="a") / "b.yaml"
    with pytest.raises(RecipeError, match=f"recipe b: cannot hold the weights of a: {next(iter(model))} differ"):
        load_lineage(path)

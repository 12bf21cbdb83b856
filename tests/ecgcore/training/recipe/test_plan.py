from pathlib import Path

import pytest
import yaml

from ecgcore.errors import RecipeError
from ecgcore.training.recipe.plan import Plan, load_plan

RECIPES = Path(__file__).parents[4] / "deployments" / "recipes"
AREA = {"why": "antialiased", "changes": {"input.interpolation": "area"}}
PLAN = {
    "name": "trial", "description": "a test", "seeds": [1, 2],
    "base": {"recipe": "multi-task-demo", "changes": {"input.interpolation": "bilinear", "training.epochs": 3}},
    "variants": {"area": AREA, "jpeg": {"why": "scans", "changes": {"augment.jpeg": {"lowest_quality": 50, "p": 0.5}}}},
}  # fmt: skip


def read(tmp_path: Path, **parts: object) -> Plan:
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump({**PLAN, **parts}, sort_keys=False))
    return load_plan(path, RECIPES)


def test_variants_change_the_changed_base_and_nothing_else(tmp_path):
    plan = read(tmp_path)
    assert [arm.name for arm in plan.arms] == ["base", "area", "jpeg"]
    base, area, jpeg = (arm.recipe for arm in plan.arms)
    assert (base.input.interpolation, base.training.epochs) == ("bilinear", 3)
    assert (area.input.interpolation, area.training.epochs) == ("area", 3)
    assert (jpeg.input.interpolation, jpeg.augment.jpeg.lowest_quality) == ("bilinear", 50)
    assert area.augment == base.augment and jpeg.optimiser == base.optimiser


def test_a_run_is_the_arms_recipe_with_its_seed(tmp_path):
    plan = read(tmp_path)
    hashes = {plan.recipe(arm, seed).sha256 for arm in plan.arms for seed in plan.seeds}
    assert len(hashes) == 6
    assert plan.recipe(plan.base, 2).training.seed == 2
    assert plan.variant("jpeg") is plan.arms[2]
    with pytest.raises(RecipeError, match=r"has no variant 'jpg'.*choose one of area, jpeg"):
        plan.variant("jpg")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"seeds": []}, "seeds must name at least one"),
        ({"seeds": [1, 1]}, "none twice"),
        ({"seeds": [1.5]}, "'seeds' is 1.5, needs int"),
        ({"folds": 2}, "folds must be 3 or more"),
        ({"variants": {}}, "variants names none"),
        ({"variants": {"base": AREA}}, "cannot be named 'base'"),
        ({"variants": {"a/b": AREA}}, "'a/b' is no name"),
        ({"variants": {"a": {"changes": {}}}}, "lacks the key 'variants.a.why'"),
        ({"variants": {"a": {"why": "x", "changes": {}}}}, "variant a equals base"),
        ({"variants": {"a": AREA, "b": AREA}}, "variant b equals a"),
        ({"variants": {"a": {"why": "x", "changes": {"training.seed": 3}}}}, "changes 'training.seed'"),
        ({"variants": {"a": {"why": "x", "changes": {"training": {}}}}}, "'training.seed' must stay"),
        ({"variants": {"a": {"why": "x", "changes": {"data.formats": ["old"]}}}}, "'data' must stay"),
        ({"variants": {"a": {"why": "x", "changes": {"model.targets": ["scar"]}}}}, "'model.targets' must stay"),
        ({"variants": {"a": {"why": "x", "changes": {"input.interpolatoin": "area"}}}}, "did you mean 'interpolation'"),
        ({"variants": {"a": {"why": "x", "changes": {"loss.focal.gamma": 2}}}}, "whose section the recipe lacks"),
        ({"variants": {"a": {"why": "x", "changes": {"training.epochs": 0}}}}, "variant a: training: epochs must be"),
        ({"base": {"recipe": "absent"}}, r"absent\.yaml: cannot be read"),
        ({"base": {"recipe": "multi-task-clinical"}}, "reads more than an image"),
        ({"base": {"recipe": "transferred"}}, "starts from another recipe's weights"),
        ({"base": {"recipe": "xgboost"}}, r"xgboost\.yaml: "),
        ({"bases": {}}, "unknown key 'bases'.*did you mean 'base'"),
    ],
)
def test_a_wrong_plan_names_file_key_and_next_step(tmp_path, parts, message):
    with pytest.raises(RecipeError, match=f"(?s){message}") as caught:
        read(tmp_path, **parts)
    assert "Hint: " in str(caught.value)


def test_the_deployed_plans_can_be_read():
    files = sorted((RECIPES.parent / "experiments").glob("*.yaml"))
    assert files
    for path in files:
        assert load_plan(path, RECIPES).name == path.stem

import copy
from pathlib import Path

import pytest
import yaml

from ecgcore.data.image_transform import Interpolation
from ecgcore.errors import RecipeError
from ecgcore.training.recipe.recipe import Averaging, Recipe
from ecgcore.training.recipe.recipe_file import load_recipe
from ecgcore.training.recipe.strict import from_mapping

RECIPES = Path(__file__).parents[4] / "deployments" / "recipes"


LOADABLE = {"multi-task", "multi-task-best", "multi-task-demo", "multi-task-60-40", "multi-task-70-30", "transferred"}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_deployed_recipes_load_under_their_own_name(path):
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert (recipe.slot == "champion") == recipe.promotable == (recipe.name in LOADABLE)


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("multi-task", "cd5c6cbca8505d0839f6681d4d470c2b27912a118f6b205789756940cdf2854d"),
        ("multi-task-demo", "2974dac50f7a04b1f4750cd89dd150fb81125fdd3087c21a89e49c8e2685d105"),
    ],
)
def test_the_hash_of_a_recipe_outlives_fields_that_are_added(name, sha256):
    """As computed when the recipe last changed: versions registered since carry it."""
    assert Recipe.load(RECIPES / f"{name}.yaml").sha256 == sha256


@pytest.mark.parametrize(
    ("family", "targets", "more"),
    [
        ("single-task", ["scar"], {}),
        ("multi-task", ["scar", "lvef", "fibrosis"], {}),
        ("multi-task-clinical", ["scar", "lvef"], {"clinical": {"embedding_size": 5, "rnn_output_size": 8}}),
    ],
)
def test_the_slot_champion_takes_only_what_the_deployed_predictor_loads(make_recipe_dict, family, targets, more):
    content = make_recipe_dict()
    content["model"] |= {"family": family, "targets": targets, **more}
    content["loss"]["ratio"] = dict.fromkeys(targets, 1.0)
    if more:
        content["imputation"] = {"rounds": 10}
    with pytest.raises(RecipeError, match=r"slot champion is served by the deployed predictor.*promotable: false"):
        from_mapping(Recipe, content, "x")
    assert from_mapping(Recipe, content | {"slot": None, "promotable": False}, "x").slot is None


def test_weights_come_from_one_place(make_recipe_dict):
    content = make_recipe_dict()
    content["start_from"] = "multi-task-old"
    assert from_mapping(Recipe, content, "x").start_from == "multi-task-old"
    content["model"]["pretrained"] = True
    with pytest.raises(RecipeError, match="pretrained must be none where start_from brings the weights"):
        from_mapping(Recipe, content, "x")


def test_the_studys_settings(make_recipe):
    recipe = Recipe.load(RECIPES / "multi-task.yaml")
    assert (recipe.input.height, recipe.input.width, recipe.model.backbone) == (384, 384, "resnet34d")
    assert (recipe.training.batch_size, recipe.training.epochs, recipe.training.early_stopping_patience) == (16, 30, 5)
    assert recipe.schedule.warmup_steps == 100
    assert recipe.training.weight_averaging.kind is Averaging.SWA
    assert recipe.loss.ratio["scar"] == recipe.loss.ratio["lvef"]
    assert recipe.model.pretrained == "required"


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
        (("model", "family"), "multi-task-clinical", "'clinical' belongs to a clinical family, which needs it"),
        (("model", "clinical"), {"embedding_size": 5, "rnn_output_size": 8}, "reads no clinical features"),
        (("imputation",), {"rounds": 10}, "imputation: belongs to a clinical family"),
        (("model", "family"), "single-task", "predicts one target"),
        (("model", "family"), "multi-task-1d", "family multi-task-1d reads no input of kind image"),
        (("input",), {"kind": "signal", "samples": 200, "max_unreadable_share": 0.02}, "multi-task reads no input of"),
        (
            ("input",),
            {"kind": "signal", "samples": 200, "max_unreadable_share": 1.0},
            "max_unreadable_share must be in",
        ),
        (("input",), {"kind": "signal", "samples": 9, "max_unreadable_share": 0.0}, r"samples must be in 32 \.\. 2000"),
        (("input", "kind"), "sound", "input has no 'kind' among image, signal"),
        (("model", "targets"), ["scar", "scar"], "model targets"),
        (("training", "weight_averaging"), {"kind": "ema"}, "'decay' belongs to kind ema"),
        (("training", "weight_averaging"), {"kind": "none", "start": 0.5}, "'start' belongs to kind swa"),
        (("slot",), None, "promotable recipe names its slot"),
        (("augment", "blur"), {"limit": 4, "p": 0.2}, "must be odd"),
        (("augment", "lead_shift"), {"limit": 0.5, "p": 0.2}, r"a shift limit must be in \(0, 0.1\]"),
        (("augment", "page_shift"), {"limit": 0.01, "p": 1.2}, r"p must be in \[0, 1\]"),
        (("augment", "rotation"), {"limit": 0.0, "p": 0.2}, "rotation limit must be in"),
        (("augment", "thickness"), {"limit": 1.5, "p": 0.2}, "thickness limit must be in"),
        (("augment", "grid"), {"limit": 0.5}, "lacks the key 'augment.grid.p'"),
        (("augment", "jpeg"), {"lowest_quality": 0, "p": 0.2}, "lowest_quality must be in 1 .. 100"),
        (("augment", "mixup"), {"alpha": 0.0}, "mixup alpha must be above 0"),
        (("augment", "leadshift"), {}, "unknown key 'augment.leadshift'.*did you mean 'lead_shift'"),
        (("input",), None, "input has no 'kind'"),
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


def test_operating_points_are_one_per_target_and_change_the_hash_only_where_there_are_some(make_recipe_dict):
    content = make_recipe_dict()
    plain = from_mapping(Recipe, content, "x")
    points = {"scar": {"kind": "min_sensitivity", "sensitivity": 0.8}, "lvef": {"kind": "calibrated"}}
    chosen = from_mapping(Recipe, content | {"operating_point": points}, "x")
    assert "operating_point" not in plain.to_dict()
    assert chosen.sha256 != plain.sha256 and from_mapping(Recipe, chosen.to_dict(), "x") == chosen
    with pytest.raises(RecipeError, match="operating_point: names each of the model's targets, no other"):
        from_mapping(Recipe, content | {"operating_point": {"scar": {"kind": "calibrated"}}}, "x")
    content["model"]["bias_head"] = False
    with pytest.raises(RecipeError, match="bias_head is false"):
        from_mapping(Recipe, content | {"operating_point": points}, "x")


@pytest.mark.parametrize(("said", "meaning"), [(True, "preferred"), (False, "none"), ("required", "required")])
def test_recipes_of_before_say_true_or_false_and_keep_their_hash(make_recipe_dict, said, meaning):
    content = make_recipe_dict()
    content["model"]["pretrained"] = said
    recipe = from_mapping(Recipe, content, "x")
    assert recipe.model.pretrained == meaning
    assert recipe.to_dict()["model"]["pretrained"] == said


def test_another_backbone_is_built_for_the_recipe_s_images_and_refused_in_the_slot_champion(make_recipe_dict):
    content = make_recipe_dict()
    content["model"]["backbone"] = "vit_tiny_patch16_224"
    with pytest.raises(RecipeError, match=r"slot champion.*last layer is not a linear layer called fc"):
        from_mapping(Recipe, content, "x")
    recipe = from_mapping(Recipe, content | {"slot": None, "promotable": False}, "x")
    assert (recipe.format, recipe.spec.image_size) == ("own", (48, 64))
    with pytest.raises(RecipeError, match="only the slot champion is served"):
        from_mapping(Recipe, content | {"slot": "research"}, "x")

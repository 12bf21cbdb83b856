"""Boosters, their file and its limits, on trees grown by XGBoost itself."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import PredictorError
from ecgcore.models.boosted import BoostedModel, margins, sigmoid
from ecgcore.models.booster_file import MAX_BYTES, booster_text, read_booster
from ecgcore.models.odds_line import IDENTITY, OddsLine

DART = {"booster": "dart", "rate_drop": 0.3, "objective": "binary:logistic", "max_depth": 3, "seed": 1, "nthread": 1}


def sample(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = np.column_stack([rng.integers(0, 2, rows), rng.normal(63, 12, rows)]).astype(np.float32)
    labels = rng.random(rows) < 1 / (1 + np.exp(-(features[:, 1] - 63) / 8 - features[:, 0]))
    features[rng.random(features.shape) < 0.15] = np.nan
    return features, labels.astype(int)


def grown(**changes: object) -> xgboost.Booster:
    features, labels = sample(300)
    return xgboost.train(DART | changes, xgboost.DMatrix(features, labels, nthread=1), 8)


@pytest.fixture(scope="module")
def dart() -> xgboost.Booster:
    return grown()


@pytest.fixture(scope="module")
def text(dart: xgboost.Booster) -> str:
    return booster_text(dart)


def leaf(tree: dict[str, Any], row: np.ndarray) -> float:
    """Walk one tree by hand: left if below the split, missing as the node says."""
    node = 0
    while tree["left_children"][node] != -1:
        value, split = row[tree["split_indices"][node]], np.float32(tree["split_conditions"][node])
        left = bool(tree["default_left"][node]) if np.isnan(value) else value < split
        node = tree["left_children" if left else "right_children"][node]
    return tree["split_conditions"][node]


def test_margins_are_the_weighted_sum_of_all_trees(dart: xgboost.Booster, text: str) -> None:
    learner, rows = json.loads(text)["learner"], sample(50, seed=1)[0]
    forest = learner["gradient_booster"]
    trees, weights = forest["gbtree"]["model"]["trees"], forest["weight_drop"]
    base = float(learner["learner_model_param"]["base_score"].strip("[]"))
    by_hand = [sum(w * leaf(t, row) for w, t in zip(weights, trees, strict=True)) for row in rows]
    np.testing.assert_allclose(margins(dart, rows), np.log(base / (1 - base)) + by_hand, atol=1e-6)


@pytest.mark.parametrize("changes", [{}, {"booster": "gbtree", "rate_drop": None}])
def test_a_booster_read_back_answers_the_same_bit_for_bit(changes: dict) -> None:
    kept = {k: v for k, v in changes.items() if v is not None}
    booster = grown(**kept) if not changes else xgboost.train(
        {k: v for k, v in (DART | kept).items() if k != "rate_drop"}, xgboost.DMatrix(*sample(300), nthread=1), 8
    )  # fmt: skip
    rows = sample(100, seed=2)[0]
    again = read_booster(booster_text(booster), 2, "scar.json")
    assert np.array_equal(margins(again, rows), margins(booster, rows))


def test_the_line_is_laid_on_the_log_odds(dart: xgboost.Booster) -> None:
    rows = sample(100, seed=2)[0]
    plain = dart.predict(xgboost.DMatrix(rows)).astype(float)
    model = BoostedModel(
        ("female", "age"), {"scar": dart, "lvef": dart}, {"scar": IDENTITY, "lvef": OddsLine(0.5, np.log(3))}
    )
    found = model.probabilities(rows)
    np.testing.assert_allclose(found["scar"], plain, atol=1e-6)
    np.testing.assert_allclose(found["lvef"], 1 / (1 + np.sqrt((1 - plain) / plain) / 3), atol=1e-6)
    assert model.targets == ("scar", "lvef")


def test_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0.0, 0.5, 1.0]


def test_targets_of_boosters_and_lines_must_agree(dart: xgboost.Booster) -> None:
    with pytest.raises(PredictorError, match="a booster and a line on its log odds per target"):
        BoostedModel(("age",), {"scar": dart}, {"lvef": IDENTITY})


def model(content: dict[str, Any]) -> dict[str, Any]:
    return content["learner"]["gradient_booster"]["gbtree"]["model"]


def parent_as_child(content: dict[str, Any]) -> None:
    model(content)["trees"][0]["left_children"][1] = 0


def two_parents(content: dict[str, Any]) -> None:
    tree = model(content)["trees"][0]
    tree["right_children"][0] = tree["left_children"][0]


def child_outside(content: dict[str, Any]) -> None:
    model(content)["trees"][1]["right_children"][0] = 10**9


def half_a_leaf(content: dict[str, Any]) -> None:
    model(content)["trees"][0]["left_children"][0] = -1


def other_column(content: dict[str, Any]) -> None:
    model(content)["trees"][2]["split_indices"][0] = 2


def short_array(content: dict[str, Any]) -> None:
    model(content)["trees"][2]["default_left"].pop()


def round_of_many(content: dict[str, Any]) -> None:
    model(content)["iteration_indptr"] = [0, 10**6]


def other_objective(content: dict[str, Any]) -> None:
    content["learner"]["objective"]["name"] = "reg:squarederror"


def lost_weight(content: dict[str, Any]) -> None:
    content["learner"]["gradient_booster"]["weight_drop"].pop()


def infinite_leaf(content: dict[str, Any]) -> None:
    model(content)["trees"][0]["split_conditions"][0] = 1e999


def linear_booster(content: dict[str, Any]) -> None:
    content["learner"]["gradient_booster"]["name"] = "gblinear"


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (parent_as_child, "wrong child"), (two_parents, "reaches a node twice"), (child_outside, "wrong child"),
        (half_a_leaf, "wrong child"), (other_column, "reads another column"), (short_array, "is incomplete"),
        (round_of_many, "rounds of more than one tree"), (other_objective, "not binary:logistic"),
        (lost_weight, "weights are wrong"), (infinite_leaf, "Infinity"), (linear_booster, "none of dart, gbtree"),
    ],
)  # fmt: skip
def test_a_spoilt_booster_is_refused_before_xgboost_reads_it(
    text: str, spoil: Callable[[dict[str, Any]], None], rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads(text)
    spoil(content)
    monkeypatch.delattr(xgboost.Booster, "load_model")
    with pytest.raises(PredictorError, match=rule) as raised:
        read_booster(json.dumps(content), 2, "scar.json")
    assert str(raised.value).startswith("scar.json: is no booster")


def test_a_key_given_twice_cannot_slip_past_the_check(text: str) -> None:
    hidden = '{"learner": {"objective": {"name": "hidden"}}, ' + text.lstrip("{ ")
    rows = sample(20)[0]
    assert np.array_equal(margins(read_booster(hidden, 2, "f"), rows), margins(read_booster(text, 2, "f"), rows))


@pytest.mark.parametrize("wrong", ["", "[]", "{}", "null", "[" * 100_000, " " * (MAX_BYTES + 1), '{"learner": 3}'])
def test_what_is_no_booster_at_all_gets_one_clear_error(wrong: str) -> None:
    with pytest.raises(PredictorError, match="is no booster"):
        read_booster(wrong, 2, "scar.json")


def test_other_columns_are_refused(text: str) -> None:
    with pytest.raises(PredictorError, match="reads other than 6 columns"):
        read_booster(text, 6, "scar.json")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_tree_with_any_wrong_link_or_number_is_refused_or_still_finite(data: st.DataObject, text: str) -> None:
    content = json.loads(text)
    tree = data.draw(st.sampled_from(model(content)["trees"]))
    name = data.draw(st.sampled_from(["left_children", "right_children", "split_indices", "split_conditions"]))
    node = data.draw(st.integers(0, len(tree[name]) - 1))
    tree[name][node] = data.draw(st.one_of(st.integers(-5, 2**33), st.floats(), st.none(), st.text(max_size=2)))
    try:
        booster = read_booster(json.dumps(content), 2, "f")
    except PredictorError:
        return
    assert margins(booster, sample(5)[0]).shape == (5,)

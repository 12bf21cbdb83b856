"""A booster as XGBoost's own JSON text, looked through before XGBoost reads it.

XGBoost trusts the trees of a file that it loads; a child that points back at its parent would never end. So the text is
first read as plain JSON and each tree walked once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from ecgcore.errors import PredictorError

if TYPE_CHECKING:
    from xgboost import Booster

MAX_BYTES = 64 * 1024**2
MAX_TREES = 10_000
MAX_NODES = 2**16

_KINDS = ("dart", "gbtree")
_LEAF = -1
_PER_NODE = (
    "right_children", "parents", "split_indices", "split_conditions", "split_type", "default_left", "base_weights",
    "loss_changes", "sum_hessian",
)  # fmt: skip
_CATEGORIES = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
_EXPORT_AGAIN = "export the model again; do not edit the directory by hand"


def booster_text(booster: Booster) -> str:
    """Return a booster as XGBoost's JSON."""
    return bytes(booster.save_raw("json")).decode("ascii")


def read_booster(text: str, features: int, source: object) -> Booster:
    """Return the booster of a JSON text, to be used with one thread.

    Args:
        text: what :func:`booster_text` gave.
        features: how many columns it must read.
        source: the file, for messages.

    Raises:
        PredictorError: not such a text, another objective, number of columns or kind of tree, more than ``MAX_TREES``
            trees or ``MAX_NODES`` nodes in one, a number that is not finite, or nodes that do not form a tree.
    """
    from xgboost import Booster
    from xgboost.core import XGBoostError

    try:
        content = _parsed(text)
        _check(content["learner"], features)
        checked = json.dumps(content)  # what XGBoost reads is what was checked, whatever the file says twice
        return Booster(params={"nthread": 1}, model_file=bytearray(checked, "ascii"))
    except (XGBoostError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise PredictorError(source, f"is no booster ({_first_line(error)})", _EXPORT_AGAIN) from error


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise ValueError(f"{len(text)} bytes, at most {MAX_BYTES} are read")
    content: dict[str, Any] = json.loads(text, parse_constant=_refuse_constant)
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"a number is {name}")


def _check(learner: dict[str, Any], features: int) -> None:
    parameters, forest = learner["learner_model_param"], learner["gradient_booster"]
    _require(learner["objective"]["name"] == "binary:logistic", "its objective is not binary:logistic")
    _require(parameters["num_feature"] == str(features), f"it reads other than {features} columns")
    _require((parameters["num_class"], parameters["num_target"]) == ("0", "1"), "it has more than one output")
    _require(forest["name"] in _KINDS, f"it is none of {', '.join(_KINDS)}")
    model = forest["gbtree"]["model"] if forest["name"] == "dart" else forest["model"]
    _check_forest(model)
    if forest["name"] == "dart":
        weights = forest["weight_drop"]
        _require(len(weights) == len(model["trees"]) and all(map(_is_finite, weights)), "its trees' weights are wrong")
    for number, tree in enumerate(model["trees"]):
        _check_tree(tree, number, features)


def _check_forest(model: dict[str, Any]) -> None:
    count = len(model["trees"])
    _require(1 <= count <= MAX_TREES, f"it has {count} trees, 1 to {MAX_TREES} are read")
    said = {"num_parallel_tree": "1", "num_trees": str(count)}
    _require(model["gbtree_model_param"] == said, "it has another number of trees than it says")
    one_each = list(range(count + 1))
    _require(model["iteration_indptr"] == one_each, "it has rounds of more than one tree")
    _require(model["tree_info"] == [0] * count, "its trees belong to more than one output")
    _require(not any(model.get("cats", {}).values()), "it reads categories")


def _check_tree(tree: dict[str, Any], number: int, features: int) -> None:
    left, right, split = tree["left_children"], tree["right_children"], tree["split_indices"]
    nodes = len(left)
    _require(1 <= nodes <= MAX_NODES, f"tree {number} has {nodes} nodes, 1 to {MAX_NODES} are read")
    _require(all(len(tree[name]) == nodes for name in _PER_NODE), f"tree {number} is incomplete")
    _require(not any(tree[name] for name in _CATEGORIES), f"tree {number} splits by category")
    _require(tree["tree_param"]["num_nodes"] == str(nodes), f"tree {number} has another number of nodes than it says")
    _require(tree["tree_param"]["size_leaf_vector"] in ("0", "1"), f"tree {number} has leaves of several numbers")
    _require(not any(tree["split_type"]), f"tree {number} splits by category")
    _require(all(map(_is_finite, tree["split_conditions"])), f"tree {number} has a number that is not finite")
    _require(
        all(type(index) is int and 0 <= index < features for index in split), f"tree {number} reads another column"
    )
    seen = [0] * nodes
    for node in _walk(left, right, nodes, number):
        seen[node] += 1
        _require(seen[node] == 1, f"tree {number} reaches a node twice")


def _walk(left: list[int], right: list[int], nodes: int, number: int) -> Iterator[int]:
    """Yield the nodes below the root; the caller stops at the first that comes twice, so it ends."""
    waiting = [0]
    while waiting:
        node = waiting.pop()
        yield node
        children = (left[node], right[node])
        if children == (_LEAF, _LEAF):
            continue
        _require(
            all(type(child) is int and 0 < child < nodes for child in children), f"tree {number} has a wrong child"
        )
        waiting.extend(children)


def _is_finite(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__

"""Grows the trees of one target, and keeps them as they were at their best round on validation.

A round of dart gives earlier trees new weights. So the first k trees of a longer training are not the model after k
rounds, and early stopping by cutting the finished booster, as XGBoost does it, would export a model that was never
validated. Here the booster is copied whenever its validation loss is the lowest so far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ecgcore.models.boosted import margins
from ecgcore.models.booster_file import booster_text
from ecgcore.training.network.validation import auc
from ecgcore.training.recipe.table_recipe import BoostingSection, TableTrainingSection

_NOT_XGBOOST = ("rounds", "patience")


@dataclass(frozen=True)
class LabelledTable:
    """Rows of one target.

    Args:
        features: float32 ``(N, F)``, missing = NaN.
        labels: int64 ``(N,)``, 0 or 1.
    """

    features: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Grown:
    """The trees of one target.

    Args:
        text: the booster at its best round, in XGBoost's JSON.
        rounds: trees in it.
        history: ``train_loss``, ``valid_loss`` (weighted log losses in nats) and ``valid_auc`` of every round grown.
    """

    text: str = field(repr=False)
    rounds: int
    history: tuple[Mapping[str, float], ...] = field(repr=False)


def grow(
    train: LabelledTable,
    valid: LabelledTable,
    class_weights: tuple[float, float],
    boosting: BoostingSection,
    training: TableTrainingSection,
) -> Grown:
    """Grow trees on ``train``; the round with the lowest log loss on ``valid`` is kept, the earlier one of equals.

    Args:
        train, valid: at least one row each, ``train`` with both classes.
        class_weights: weight of a negative and of a positive in both losses.
        boosting, training: from the recipe.
    """
    from xgboost import Booster, DMatrix

    weight = np.asarray(class_weights, dtype=np.float32)
    table = DMatrix(train.features, train.labels, weight=weight[train.labels], nthread=training.num_threads)
    booster = Booster(parameters(boosting, training), [table])
    history: list[dict[str, float]] = []
    best, text = 0, ""
    for number in range(boosting.rounds):
        booster.update(table, number)
        history.append(_line(booster, train, valid, weight))
        if number == 0 or history[number]["valid_loss"] < history[best]["valid_loss"]:
            best, text = number, booster_text(booster)
        if boosting.patience is not None and number - best >= boosting.patience:
            break
    return Grown(text, best + 1, tuple(history))


def parameters(boosting: BoostingSection, training: TableTrainingSection) -> dict[str, Any]:
    """Return XGBoost's parameters; those that a recipe does not name keep XGBoost's defaults."""
    named = {k: v for k, v in asdict(boosting).items() if k not in _NOT_XGBOOST and v is not None}
    fixed = {"objective": "binary:logistic", "seed": training.seed, "nthread": training.num_threads, "verbosity": 0}
    return {k: str(v) if isinstance(v, str) else v for k, v in named.items()} | fixed


def log_loss(margin: np.ndarray, labels: np.ndarray, weight: np.ndarray) -> float:
    """Return ``sum(w[y] * log(1 + exp(-+margin))) / sum(w[y])`` in nats.

    Args:
        margin: log odds ``(N,)``.
        labels: 0 or 1 ``(N,)``.
        weight: of each class ``(2,)``.
    """
    each = np.logaddexp(0.0, np.where(labels == 1, -margin, margin))
    return float(np.average(each, weights=weight[labels]))


def as_logits(margin: np.ndarray) -> np.ndarray:
    """Return log odds ``(N,)`` as two-class logits ``(N, 2)`` with the same softmax."""
    return np.column_stack([np.zeros_like(margin), margin])


def _line(booster: Any, train: LabelledTable, valid: LabelledTable, weight: np.ndarray) -> dict[str, float]:
    fitted, unseen = margins(booster, train.features), margins(booster, valid.features)
    return {
        "train_loss": log_loss(fitted, train.labels, weight),
        "valid_loss": log_loss(unseen, valid.labels, weight),
        "valid_auc": auc(as_logits(unseen), valid.labels),
    }

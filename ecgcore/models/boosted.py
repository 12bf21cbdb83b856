"""Boosted trees on clinical features: one XGBoost booster per target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import PredictorError
from ecgcore.models.odds_line import OddsLine

if TYPE_CHECKING:
    from xgboost import Booster

_ALL_TREES = (0, 0)


@dataclass(frozen=True)
class BoostedModel:
    """Boosters by target. A missing feature is NaN: each split of a tree has learnt where those go, nothing is imputed.

    Args:
        features: columns of the table, in order.
        boosters: of the objective ``binary:logistic``, by target.
        odds_lines: by target; what is folded into the log odds.

    Raises:
        PredictorError: the targets of the boosters and the lines differ.
    """

    features: tuple[str, ...]
    boosters: Mapping[str, Booster] = field(repr=False)
    odds_lines: Mapping[str, OddsLine]

    def __post_init__(self) -> None:
        if not self.boosters or set(self.boosters) != set(self.odds_lines):
            rule = "needs a booster and a line on its log odds per target"
            raise PredictorError("the boosted model", rule, "export it again")

    @property
    def targets(self) -> tuple[str, ...]:
        """What it predicts, in order."""
        return tuple(self.boosters)

    def probabilities(self, features: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Return the probability of the positive class by target, float64 (N,): the logistic function of its line.

        Args:
            features: float32 (N, F); age in years, the others 0 or 1, missing = NaN.
        """
        found = {target: margins(booster, features) for target, booster in self.boosters.items()}
        return {target: sigmoid(self.odds_lines[target].of(margin)) for target, margin in found.items()}


def margins(booster: Booster, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return log odds float64 (N,) of features (N, F), all trees counted with their weights, none dropped."""
    from xgboost import DMatrix

    if not len(features):
        return np.empty(0)  # XGBoost complains of an empty table
    table = DMatrix(features, nthread=1)
    found: NDArray[np.float32] = booster.predict(table, output_margin=True, training=False, iteration_range=_ALL_TREES)
    return found.astype(np.float64)


def sigmoid(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``1 / (1 + exp(-margin))`` without overflow."""
    return np.exp(-np.logaddexp(0.0, -margin))

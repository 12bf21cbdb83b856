"""The best that any model can do: an oracle that knows the true severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import EvaluationError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class OracleAuc:
    """AUC of the true severity for each target."""

    scar: float
    lvef: float


def rank_auc(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """AUC as the Mann-Whitney statistic over its largest value, ties counted half.

    Raises:
        EvaluationError: one of the classes is empty.
    """
    positive, negative = scores[labels], np.sort(scores[~labels])
    if not len(positive) or not len(negative):
        raise EvaluationError("AUC", "needs at least one positive and one negative", "use more studies")
    below = np.searchsorted(negative, positive, "left")
    up_to = np.searchsorted(negative, positive, "right")
    return float((below + up_to).sum() / (2 * len(positive) * len(negative)))


def oracle_auc(truth: pd.DataFrame, lvef_threshold: float = 50.0) -> OracleAuc:
    """The oracle's AUC over the studies of a truth frame (``read_truth``), or over any subset of its lines.

    Every study counts once, whether the frame holds its file, its row or both. Positive LVEF is below
    ``lvef_threshold`` percent.
    """
    studies = truth[truth["kind"] != "table"].drop_duplicates("study")
    low = (studies["lvef_percent"] < lvef_threshold).to_numpy(dtype=bool)
    scar = studies["scar"].to_numpy(dtype=int) == 1
    return OracleAuc(
        scar=rank_auc(scar, studies["scar_severity"].to_numpy(dtype=float)),
        lvef=rank_auc(low, studies["lvef_severity"].to_numpy(dtype=float)),
    )

"""Complete cases and studies with imputed features, kept apart."""

from __future__ import annotations

from enum import StrEnum

import pandas as pd
from pandas.api.types import is_bool_dtype

from ecgcore.errors import EvaluationError


class RowSet(StrEnum):
    """Which rows a number was computed from."""

    COMPLETE = "complete"
    IMPUTED = "imputed"
    MIXED = "mixed"


def row_sets(predictions: pd.DataFrame) -> dict[RowSet, pd.DataFrame]:
    """Return the rows without any imputed feature, those with one, and, where there are both, all of them.

    Every number in a report says which of these it is of; a set without rows is left out.

    Args:
        predictions: frame with the column ``imputed``: true where a clinical feature that the model saw was imputed.

    Raises:
        EvaluationError: the column is missing, or not boolean without nulls.
    """
    if "imputed" not in predictions.columns:
        raise EvaluationError("predictions", "do not say which rows were imputed", "score the model again")
    column = predictions["imputed"]
    if not is_bool_dtype(column) or column.isna().any():
        raise EvaluationError("imputed", "must be true or false in every row", "score the model again")
    filled = column.astype(bool)
    parts = {RowSet.COMPLETE: predictions[~filled], RowSet.IMPUTED: predictions[filled]}
    found = {name: rows for name, rows in parts.items() if not rows.empty}
    return {**found, RowSet.MIXED: predictions} if len(found) == len(parts) else found

"""Clinical features as a caller gives them -> the table that a table model reads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.errors import PredictorError
from ecgcore.models.spec import ClinicalSpec
from ecgcore.predictor.features import CATEGORY_NAMES, NUMBER_NAMES, Row, age_years, yes_no

_SPEC = ClinicalSpec()
CALLER_NAMES = dict(zip((*_SPEC.categories, *_SPEC.numbers), (*CATEGORY_NAMES, *NUMBER_NAMES), strict=True))


def encode_table(rows: Sequence[Row], features: Sequence[str]) -> NDArray[np.float32]:
    """Return ``(N, F)`` float32: age in years, the others 0 or 1, unknown = NaN.

    Args:
        rows: per study ``female_gender``, ``dm``, ``ht``, ``smoke``, ``dlp`` (0 or 1) and ``age`` (years, 18 to 130);
            None or NaN where it is not known. What the model does not read may be left out.
        features: the snapshot's columns that the model reads, in order.

    Raises:
        PredictorError: a feature that the model reads is not named, one is unknown, or out of its range.
    """
    table = [[_value(CALLER_NAMES[name], row) for name in features] for row in map(_checked, rows)]
    return np.asarray(table, dtype=np.float32).reshape(len(rows), len(features))


def _checked(row: object) -> Row:
    known = ", ".join(CALLER_NAMES.values())
    if not isinstance(row, Mapping):
        raise PredictorError("clinical features", f"must be given by name, are {type(row).__name__}", f"name {known}")
    if unknown := sorted(str(name) for name in row.keys() - set(CALLER_NAMES.values())):
        raise PredictorError("clinical features", f"have unknown {', '.join(unknown)}", f"they are {known}")
    return row


def _value(name: str, row: Row) -> float:
    if name not in row:
        raise PredictorError("clinical features", f"lack {name}", "give None where it is not known")
    value = row[name]
    if value is None or value is pd.NA or value != value:  # NaN of any kind differs from itself
        return math.nan
    return age_years(value) if name == "age" else yes_no(name, value)

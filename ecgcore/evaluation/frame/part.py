"""Parts of a test set: by format, sex, age, imputation and kind of scar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ecgcore.evaluation.frame.predictions import LABEL_SUFFIX

AGE_EDGES = (18, 50, 65, 80)
"""Lower ends of the age bands in years; the last band is open."""
SCAR = "scar"
_SCAR_TYPES = {(1, 0): "subendocardial only", (0, 1): "transmural only", (1, 1): "subendocardial and transmural"}


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a test set, for example ``by="sex", value="female"``."""

    by: str
    value: str
    rows: pd.DataFrame


def parts(rows: pd.DataFrame) -> Iterator[Part]:
    """Yield the parts by ``ecg_format`` and, where these columns are there, by ``female``, ``age`` and ``imputed``.

    Each family divides the rows: every row is in one of its parts, "unknown" where the value is null.
    """
    yield from _grouped(rows, "format", rows["ecg_format"])
    if "female" in rows.columns:
        yield from _grouped(rows, "sex", rows["female"].map({0: "male", 1: "female"}))
    if "age" in rows.columns:
        yield from _grouped(rows, "age", _age_band(rows["age"]))
    if "imputed" in rows.columns:
        yield from _grouped(rows, "imputed", rows["imputed"].map({False: "no", True: "yes"}))


def scar_parts(rows: pd.DataFrame, target: str) -> Iterator[Part]:
    """Yield the parts by kind of scar, where ``subendocardial_scar`` and ``transmural_scar`` are there.

    For the target ``scar`` each part holds the studies with that kind and all studies without scar, which the parts so
    share: a part of positives alone would have no AUC. For other targets it holds the studies with that kind only.
    """
    if not {"subendocardial_scar", "transmural_scar"} <= set(rows.columns):
        return
    pairs = zip(rows["subendocardial_scar"].astype("Int8"), rows["transmural_scar"].astype("Int8"), strict=True)
    kinds = np.array([_SCAR_TYPES.get(p, "") if not pd.isna(p[0]) and not pd.isna(p[1]) else "" for p in pairs])
    free = (
        (rows[SCAR + LABEL_SUFFIX] == 0).fillna(False).to_numpy(bool) if target == SCAR else np.zeros(len(rows), bool)
    )
    for kind in _SCAR_TYPES.values():
        if (kinds == kind).any():
            yield Part("scar type", kind, rows[(kinds == kind) | free])


def _grouped(rows: pd.DataFrame, by: str, values: pd.Series) -> Iterator[Part]:
    named = values.astype(object).where(values.notna(), "unknown")
    for value in sorted(named.unique()):
        yield Part(by, str(value), rows[named == value])


def _age_band(age: pd.Series) -> pd.Series:
    names = [f"{a} to {b - 1}" for a, b in pairwise(AGE_EDGES)] + [f"{AGE_EDGES[-1]} and over"]
    years = age.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(pd.cut(years, [*AGE_EDGES, np.inf], right=False, labels=names), index=age.index)

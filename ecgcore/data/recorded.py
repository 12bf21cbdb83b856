"""The risk factors that the hospital recorded, without those that somebody else filled in."""

from __future__ import annotations

import pandas as pd

from ecgcore.data.snapshot import CATEGORICAL_FEATURES

RISK_FACTORS = tuple(name for name in CATEGORICAL_FEATURES if name != "female")
_IMPUTE = "impute"


def recorded(studies: pd.DataFrame) -> pd.DataFrame:
    """Return the studies with the risk factors missing where ``impute`` is 1, whatever stands in their cells.

    A value there was guessed by somebody else, who may have looked at test studies. Studies without the column
    ``impute`` are returned as they are; ``impute`` may be null, which is not 1.
    """
    if _IMPUTE not in studies.columns:
        return studies
    guessed = studies[_IMPUTE].astype("Int64").fillna(0) == 1
    return studies.assign(**{name: studies[name].astype("Int8").mask(guessed) for name in RISK_FACTORS})

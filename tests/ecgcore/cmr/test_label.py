from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.cmr.label import Comparison, LabelRule
from ecgcore.errors import TableError

PERCENT = pd.Series([49.9, 50.0, 50.1, None], dtype="Float64")


def test_below_the_threshold_is_reduced_and_missing_stays_missing() -> None:
    assert LabelRule().lvef(PERCENT).tolist() == [1, 0, 0, pd.NA]
    assert LabelRule().lvef(PERCENT).dtype == "Int8"


def test_the_old_code_counted_the_threshold_itself() -> None:
    assert LabelRule(comparison=Comparison.AT_MOST).lvef(PERCENT).tolist() == [1, 1, 0, pd.NA]
    assert LabelRule(40.0).lvef(pd.Series([39.0, 45.0])).tolist() == [1, 0]


@pytest.mark.parametrize("threshold", [0, 100, -1, float("nan")])
def test_a_threshold_is_a_percentage(threshold: float) -> None:
    with pytest.raises(TableError, match="LVEF threshold"):
        LabelRule(threshold)

from __future__ import annotations

import pytest

from ecgcore.cmr.label_rule import Comparison, LabelRule
from ecgcore.errors import TableError

PERCENT = (49.9, 50.0, 50.1, None)


def test_below_the_threshold_is_reduced_and_missing_stays_missing() -> None:
    assert [LabelRule().reduced(percent) for percent in PERCENT] == [1, 0, 0, None]


def test_the_old_code_counted_the_threshold_itself() -> None:
    assert [LabelRule(comparison=Comparison.AT_MOST).reduced(percent) for percent in PERCENT] == [1, 1, 0, None]
    assert [LabelRule(40.0).reduced(percent) for percent in (39.0, 45.0)] == [1, 0]


@pytest.mark.parametrize("threshold", [0, 100, -1, float("nan")])
def test_a_threshold_is_a_percentage(threshold: float) -> None:
    with pytest.raises(TableError, match="LVEF threshold"):
        LabelRule(threshold)

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from ecgcore.cmr.label import Comparison, Evidence, Label, LabelRule, labels_of
from ecgcore.cmr.table import LabelTable
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


def test_each_label_keeps_its_evidence(read_csv: Callable[..., LabelTable]) -> None:
    table = read_csv(
        "a.pdf,1,2016-03-04,2016-03-04,1,45.0", "b.pdf,2,2016-03-04,2016-03-04,,55", "c.pdf,3,2016-03-04,2016-03-04,,"
    )
    labels = labels_of(table, LabelRule())
    where = (table.path.name, table.sha256)
    assert list(labels.values()) == [
        (
            Label("scar", 1, Evidence(*where, 2, "scar_cad", "1")),
            Label("lvef", 1, Evidence(*where, 2, "lvef", "45.0")),
        ),
        (Label("lvef", 0, Evidence(*where, 3, "lvef", "55")),),
        (),
    ]
    assert list(labels) == table.rows["row_id"].tolist()

import math

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import PredictorError
from ecgcore.predictor.table.table_features import encode_table

ROW = {"female_gender": 1, "dm": 0, "ht": 1, "smoke": 0, "dlp": 1, "age": 63.0}


def test_values_come_in_the_models_order_and_age_in_years() -> None:
    found = encode_table([ROW, ROW | {"age": 80}], ("age", "hypertension", "smoke", "female"))
    assert found.dtype == np.float32
    assert found.tolist() == [[63, 1, 0, 1], [80, 1, 0, 1]]


@pytest.mark.parametrize("unknown", [None, math.nan, np.float32("nan"), pd.NA])
def test_what_is_not_known_is_nan(unknown: float | None) -> None:
    found = encode_table([ROW | {"dm": unknown, "age": unknown}], ("diabetes", "age", "dyslipidemia"))
    assert np.isnan(found[0, :2]).all() and found[0, 2] == 1


def test_no_features_leave_the_rows_and_no_rows_the_features() -> None:
    assert encode_table([{}, ROW], ()).shape == (2, 0)
    assert encode_table([], ("age", "smoke")).shape == (0, 2)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({k: v for k, v in ROW.items() if k != "age"}, "lack age"),
        (ROW | {"weight": 80}, "have unknown weight"),
        (ROW | {"age": 0.63}, "looks like years / 100"),
        (ROW | {"age": 12}, "18 to 130"),
        (ROW | {"age": math.inf}, "infinite"),
        (ROW | {"dm": 2}, "must be 0 or 1"),
        (ROW | {"dm": "yes"}, "is not a number"),
        (None, "must be given by name"),
    ],
)
def test_bad_features_get_one_clear_error(row: dict, rule: str) -> None:
    with pytest.raises(PredictorError, match=rule):
        encode_table([row], ("age", "diabetes"))

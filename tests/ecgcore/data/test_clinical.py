import numpy as np
import pandas as pd
import pytest

from ecgcore.data.clinical import CLINICAL_COLUMNS, ClinicalFeatures, clinical_table, incomplete
from ecgcore.models.spec import ClinicalSpec


def studies(**columns: object) -> pd.DataFrame:
    base = {"female": [1, 0], "diabetes": [0, 1], "hypertension": [1, None], "smoke": [0, 0], "dyslipidemia": [1, 1],
            "age": [63.0, None], "impute": [0, 0]}  # fmt: skip
    return pd.DataFrame({**base, **columns}).astype({"hypertension": "Int8"})


def test_columns_stand_in_the_order_that_the_networks_read():
    spec = ClinicalSpec()
    assert (*spec.categories, *spec.numbers) == CLINICAL_COLUMNS


def test_age_is_divided_and_what_is_missing_stays_missing():
    nan = np.nan
    expected = [[1, 0, 1, 0, 1, 0.63], [0, 1, nan, 0, 1, nan]]
    np.testing.assert_array_equal(clinical_table(studies()), expected)
    assert incomplete(clinical_table(studies())).tolist() == [False, True]


@pytest.mark.parametrize("flag", [[1, 0], pd.array([1, None], "Int8")])
def test_a_risk_factor_that_somebody_else_imputed_counts_as_missing(flag):
    table = clinical_table(studies(impute=flag))
    assert np.isnan(table[0]).tolist() == [False, True, True, True, True, False]
    assert np.isnan(table[1]).tolist() == [False, False, True, False, False, True]


def test_features_have_the_networks_types():
    recorded = np.array([[1, 0, np.nan, 0, 1, 0.63]])
    features = ClinicalFeatures.of(np.nan_to_num(recorded, nan=1.0), recorded)
    categories, numbers = features.take(np.array([0, 0]))
    assert str(categories.dtype) == "torch.int64" and categories.tolist() == [[1, 0, 1, 0, 1]] * 2
    assert str(numbers.dtype) == "torch.float32" and numbers.shape == (2, 1)
    assert features.imputed.tolist() == [True]

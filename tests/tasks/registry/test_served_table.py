"""A table model as MLflow serves it: clinical features in, no image."""

import numpy as np
import pandas as pd
import pytest
import xgboost

from ecgcore.models.boosted import BoostedModel
from ecgcore.models.majority import MajorityModel
from ecgcore.models.odds_line import OddsLine
from ecgcore.models.table_family import TableFamily
from ecgcore.predictor.golden.table_golden import invented_patients, write_table_golden
from ecgcore.predictor.table.table_dir import write_table_dir
from tasks.registry.provenance import serving_requirements
from tasks.registry.served import save_served_model

COLUMNS = ["female_gender", "dm", "ht", "smoke", "dlp", "age"]


def boosted() -> BoostedModel:
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.integers(0, 2, 200), rng.normal(60, 10, 200)]).astype(np.float32)
    table = xgboost.DMatrix(features, features[:, 1] > 60, nthread=1)
    grown = xgboost.train({"objective": "binary:logistic", "max_depth": 2, "nthread": 1}, table, 3)
    return BoostedModel(("smoke", "age"), {"lvef": grown}, {"lvef": OddsLine(0.6, 0.3)})


@pytest.mark.parametrize("family", list(TableFamily))
def test_mlflow_serves_what_the_model_says(family, make_candidate, tmp_path):
    import mlflow.pyfunc

    model = boosted() if family is TableFamily.XGBOOST else MajorityModel({"lvef": 0.187})
    write_table_dir(model, tmp_path / "model")
    write_table_golden(tmp_path / "model", family, tmp_path / "golden")
    candidate = make_candidate(
        slot=family.value, model_dir=tmp_path / "model", golden_dir=tmp_path / "golden", targets=("lvef",),
        model_class=family.value, task="lvef",
    )  # fmt: skip
    save_served_model(candidate, tmp_path / "served")
    served = mlflow.pyfunc.load_model(str(tmp_path / "served"))
    assert [column.name for column in served.metadata.signature.inputs] == COLUMNS
    people = pd.DataFrame(invented_patients())[COLUMNS].astype(float)
    assert people.isna().any(axis=None)
    expected = model.probabilities(people[["smoke", "age"]].to_numpy(np.float32))["lvef"]
    assert served.predict(people)["lvef_probability"].tolist() == expected.tolist()


def test_serving_requires_xgboost():
    assert f"xgboost=={xgboost.__version__}" in serving_requirements()

"""Table models behind ``ECGClassifier``, and their golden studies."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import xgboost

from ecgcore.errors import PredictorError
from ecgcore.models.boosted import BoostedModel
from ecgcore.models.majority import MajorityModel
from ecgcore.models.odds_line import IDENTITY
from ecgcore.models.table_family import TableFamily
from ecgcore.predictor import ECGClassifier
from ecgcore.predictor.golden.golden import replay
from ecgcore.predictor.golden.table_golden import invented_patients, write_table_golden
from ecgcore.predictor.table.table_dir import family_of, write_table_dir

PERSON = {"female_gender": 1, "dm": 0, "ht": 1, "smoke": 0, "dlp": 1, "age": 63.0}


@pytest.fixture(scope="module")
def booster() -> xgboost.Booster:
    rng = np.random.default_rng(0)
    features = np.column_stack([rng.normal(60, 10, 300), rng.integers(0, 2, 300)]).astype(np.float32)
    features[rng.random(300) < 0.2, 1] = np.nan
    table = xgboost.DMatrix(features, features[:, 0] + rng.normal(0, 10, 300) > 60, nthread=1)
    return xgboost.train({"objective": "binary:logistic", "max_depth": 3, "nthread": 1}, table, 5)


@pytest.fixture(scope="module")
def boosted(booster: xgboost.Booster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = BoostedModel(("age", "diabetes"), {"scar": booster}, {"scar": IDENTITY})
    return write_table_dir(model, tmp_path_factory.mktemp("boosted") / "model")


@pytest.fixture(scope="module")
def majority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table_dir(MajorityModel({"scar": 0.271, "lvef": 0.6}), tmp_path_factory.mktemp("maj") / "model")


@pytest.mark.parametrize("unknown", [0, None, math.nan])
def test_xgboost_answers_from_clinical_features_alone(
    boosted: Path, booster: xgboost.Booster, unknown: float | None
) -> None:
    row = np.array([[63, np.nan if unknown is None else unknown]], dtype=np.float32)
    expected = float(booster.predict(xgboost.DMatrix(row))[0])
    classifier = ECGClassifier(boosted, "xgboost", round_probabilities=False)
    found = classifier.predict(None, PERSON | {"dm": unknown})
    assert found["scar"]["probability"]["positive"] == pytest.approx(expected, abs=1e-7)
    assert found["scar"]["probability"]["negative"] == pytest.approx(1 - expected, abs=1e-7)
    assert found["scar"]["prediction"] == int(expected > 0.5)
    assert classifier.targets == ("scar",)


def test_the_majority_class_answers_everybody_the_same(majority: Path) -> None:
    classifier = ECGClassifier(majority, "majority")
    answer = {
        "scar": {"prediction": 0, "probability": {"negative": 0.73, "positive": 0.27}},
        "lvef": {"prediction": 1, "probability": {"negative": 0.4, "positive": 0.6}},
    }
    assert classifier.predict(None) == answer
    assert classifier.predict(None, PERSON) == answer
    assert classifier.predict("never-opened.png") == answer
    found = classifier.predict_batch(iter(["a.png", "b.png", "c.png"]))
    assert found["lvef"].tolist() == [0.6, 0.6, 0.6]


def test_a_batch_keeps_its_order_and_no_model_class_takes_what_is_there(boosted: Path) -> None:
    people = [PERSON | {"age": age} for age in (80, 40, 63)]
    classifier = ECGClassifier(boosted, None, round_probabilities=False)
    one_by_one = [classifier.predict(None, person)["scar"]["probability"]["positive"] for person in people]
    assert classifier.predict_batch(None, people)["scar"].tolist() == one_by_one
    assert classifier.predict_batch(None, [])["scar"].shape == (0,)


def test_what_a_table_model_lacks_is_said(boosted: Path, majority: Path) -> None:
    classifier = ECGClassifier(boosted, "xgboost")
    with pytest.raises(PredictorError, match="needed by this xgboost model"):
        classifier.predict(None)
    with pytest.raises(PredictorError, match="2 given for 1 images"):
        classifier.predict_batch(["a.png"], [PERSON, PERSON])
    with pytest.raises(PredictorError, match="needed by this majority model"):
        ECGClassifier(majority, "majority").predict_batch(None)
    with pytest.raises(PredictorError, match="has no network"):
        _ = classifier.network
    with pytest.raises(PredictorError, match="belongs to a xgboost model, asked for is majority"):
        ECGClassifier(boosted, "majority")
    with pytest.raises(PredictorError, match=r"model_class 'forest'.*xgboost, majority"):
        ECGClassifier(boosted, "forest")


def test_the_family_of_a_directory_that_holds_no_table_model_is_none(boosted: Path, tmp_path: Path) -> None:
    assert family_of(boosted) is TableFamily.XGBOOST
    for content in ("{", "[]", "{}", '{"model_class": ["xgboost"]}', '{"model_class": "multi-task"}', "[" * 100_000):
        (tmp_path / "configs.json").write_text(content)
        assert family_of(tmp_path) is None
    assert family_of(tmp_path / "absent") is None


@pytest.mark.parametrize("family", list(TableFamily))
def test_golden_studies_replay_and_hold_nobodys_attributes(
    family: TableFamily, boosted: Path, majority: Path, tmp_path: Path
) -> None:
    model = boosted if family is TableFamily.XGBOOST else majority
    golden = write_table_golden(model, family, tmp_path / "golden")
    report = replay(model, golden)
    assert (report.ok, report.studies, report.max_difference) == (True, 8, 0.0)
    content = json.loads((golden / "golden.json").read_text())
    assert [study["clinical_features"] for study in content["studies"]] == invented_patients()
    content["studies"][0]["probabilities"]["scar"] += 0.01
    (golden / "golden.json").write_text(json.dumps(content))
    assert replay(model, golden).ok is False


def test_golden_studies_of_another_model_are_refused(boosted: Path, majority: Path, tmp_path: Path) -> None:
    golden = write_table_golden(majority, TableFamily.MAJORITY, tmp_path / "golden")
    other = write_table_dir(MajorityModel({"scar": 0.3, "lvef": 0.6}), tmp_path / "other")
    with pytest.raises(PredictorError, match=r"another manifest\.json"):
        replay(other, golden)

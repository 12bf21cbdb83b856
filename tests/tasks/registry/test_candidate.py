import math
from dataclasses import replace

import pytest

from tasks.registry.candidate import REQUIRED_TAGS
from tasks.registry.error import RegistryError
from tasks.registry.registered_model import model_name


def test_each_slot_has_a_model_of_its_own():
    assert model_name("champion") == "ecg-champion"
    with pytest.raises(RegistryError, match="is not a slot's name"):
        model_name("Champion; drop")


def test_a_run_id_is_a_plain_name(make_candidate):
    with pytest.raises(RegistryError, match="is not a run's id"):
        make_candidate("x' or '1'='1")


@pytest.mark.parametrize("tag", REQUIRED_TAGS)
def test_a_missing_tag_is_named(make_candidate, tag):
    tags = replace(make_candidate().tags, **{tag: None})
    with pytest.raises(RegistryError, match=f"lacks the tags {tag}"):
        make_candidate(tags=tags)


def test_an_infinite_metric_is_refused_because_mlflow_would_store_a_huge_number(make_candidate):
    with pytest.raises(RegistryError, match="has infinite auc"):
        make_candidate(metrics={"auc": math.inf})


@pytest.mark.parametrize(
    "change",
    [
        {"hn": "123456"},
        {"patient_id": "123456"},
        {"study_id": "S" + "0" * 19},
        {"patient_name": "x"},
    ],
)
def test_predictions_hold_pseudonyms_only(make_candidate, change):
    with pytest.raises(RegistryError, match="its predictions h"):
        make_candidate(predictions=make_candidate().predictions.assign(**change))

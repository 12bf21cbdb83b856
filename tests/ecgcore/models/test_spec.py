from __future__ import annotations

import pytest

from ecgcore.errors import RecipeError
from ecgcore.models.spec import ClinicalSpec, Family, ModelSpec


def test_plain_values_of_a_recipe_become_typed():
    spec = ModelSpec("multi-task", ["scar", "lvef", "fibrosis"])
    assert spec.family is Family.MULTI_TASK
    assert spec.targets == ("scar", "lvef", "fibrosis")
    assert spec.clinical is None


def test_clinical_families_have_the_studys_sizes_by_default():
    clinical = ModelSpec("single-task-clinical", ["scar"]).clinical
    assert clinical == ClinicalSpec(("female", "diabetes", "hypertension", "smoke", "dyslipidemia"), ("age",), 5, 512)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"family": "multitask"}, "'multitask' is not known"),
        ({"targets": []}, "not a list of different names"),
        ({"targets": "scar"}, "not a list of different names"),
        ({"targets": ["scar", "scar"]}, "not a list of different names"),
        ({"targets": ["LVEF<50"]}, "not a list of different names"),
        ({"family": "single-task", "targets": ["scar", "lvef"]}, "predicts one target, 2 are named"),
        ({"latent_dim": 0}, "latent_dim: must be a whole number"),
        ({"backbone": "hf-hub:someone/model"}, "is not a plain timm name"),
        ({"in_channels": 3.0}, "in_channels: must be a whole number"),
        ({"clinical": ClinicalSpec()}, "reads no clinical features"),
    ],
)
def test_wrong_specs_are_refused(fields: dict, match: str):
    with pytest.raises(RecipeError, match=match):
        ModelSpec(**{"family": "multi-task", "targets": ["scar", "lvef"], **fields})


@pytest.mark.parametrize(
    ("fields", "match"),
    [({"categories": ()}, "at least one feature"), ({"embedding_size": 0}, "embedding_size"),
     ({"rnn_output_size": -1}, "rnn_output_size")],
)  # fmt: skip
def test_wrong_clinical_sizes_are_refused(fields: dict, match: str):
    with pytest.raises(RecipeError, match=match):
        ClinicalSpec(**fields)

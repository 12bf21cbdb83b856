"""The format of a model directory, chosen by slot and network before anything is trained."""

from __future__ import annotations

import pytest

from ecgcore.errors import RecipeError
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.formats.choice import choose_format

BOTH = ["scar", "lvef"]


@pytest.mark.parametrize(
    ("slot", "family", "targets", "backbone", "expected"),
    [
        ("champion", "multi-task", BOTH, "resnet34d", "mtecg"),
        (None, "multi-task", BOTH, "resnet34d", "mtecg"),
        (None, "single-task", ["fibrosis"], "resnet34d", "mtecg"),
        (None, "multi-task-clinical", BOTH, "resnet34d", "mtecg"),
        (None, "single-task-clinical", ["lvef"], "resnet34d", "mtecg"),
        (None, "multi-task", BOTH, "convnext_atto", "own"),
        (None, "multi-task", ["scar", "lvef", "fibrosis"], "resnet34d", "own"),
        (None, "multi-task-1d", BOTH, "resnet34d", "own"),
        ("research", "multi-task", BOTH, "resnet34d", "own"),
    ],
)
def test_the_format(slot, family, targets, backbone, expected):
    assert choose_format(slot, ModelSpec(family, targets, backbone=backbone)) == expected


@pytest.mark.parametrize(
    ("family", "targets", "backbone", "why"),
    [
        ("multi-task", BOTH, "convnext_atto", "convnext_atto, whose last layer is not a linear layer called fc"),
        ("multi-task", ["scar", "death"], "resnet34d", "predicts scar, death"),
        ("single-task", ["scar"], "resnet34d", "is of family single-task"),
        ("multi-task-1d", BOTH, "resnet34d", "reads signals"),
    ],
)
def test_the_slot_champion_refuses_what_the_deployed_predictor_cannot_serve(family, targets, backbone, why):
    with pytest.raises(RecipeError, match=why):
        choose_format("champion", ModelSpec(family, targets, backbone=backbone))

import json

import pytest

from ecgcore.data.image_transform import ImageTransform
from ecgcore.training.augment.train_transform import train_transform_json
from ecgcore.training.recipe.augment_section import AugmentSection
from ecgcore.training.recipe.strict import from_mapping

EVERYTHING = {
    "blur": {"limit": 3, "p": 0.2}, "brightness_contrast": {"limit": 0.2, "p": 0.5},
    "motion_blur": {"limit": 7, "p": 0.2}, "page_shift": {"limit": 0.01, "p": 0.5},
    "rotation": {"limit": 0.5, "p": 0.3}, "lead_shift": {"limit": 0.02, "p": 0.4},
    "thickness": {"limit": 0.3, "p": 0.3}, "grid": {"limit": 0.4, "p": 0.1}, "jpeg": {"lowest_quality": 40, "p": 0.6},
    "mixup": {"alpha": 0.2},
}  # fmt: skip


def steps(section: dict) -> list[dict]:
    augment = from_mapping(AugmentSection, section, "r.yaml")
    return json.loads(train_transform_json(ImageTransform(128, 176), augment))["transform"]["transforms"]


def test_every_change_is_recorded_in_the_order_in_which_it_is_made():
    found = {
        step["__class_fullname__"]: {k: v for k, v in step.items() if k != "__class_fullname__"}
        for step in steps(EVERYTHING)
    }
    assert list(found) == [
        "Resize", "ecgcore.training.PageShift", "ecgcore.training.PageRotation", "ecgcore.training.LeadShift",
        "ecgcore.training.LineThickness", "ecgcore.training.GridRemnants", "Blur", "RandomBrightnessContrast",
        "MotionBlur", "ImageCompression", "ecgcore.training.Mixup", "Normalize", "ToTensorV2",
    ]  # fmt: skip
    assert found["ecgcore.training.LeadShift"] == {"p": 0.4, "limit": 0.02}
    assert found["ImageCompression"] == {"p": 0.6, "quality_lower": 40, "quality_upper": 100}
    assert found["ecgcore.training.Mixup"] == {"p": 1.0, "alpha": 0.2}


@pytest.mark.parametrize("part", list(EVERYTHING))
def test_a_part_alone_is_one_step(part):
    assert len(steps({part: EVERYTHING[part]})) == 4

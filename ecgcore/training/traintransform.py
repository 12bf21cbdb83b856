"""The training augmentation as ``train_transform.json``: a record in albumentations' form."""

from __future__ import annotations

import json
from typing import Any

from ecgcore.data.transform import ImageTransform
from ecgcore.training.recipe import AugmentSection


def train_transform_json(transform: ImageTransform, augment: AugmentSection) -> str:
    """Return the inference transform's JSON with the augmentation between resizing and normalising."""
    content = json.loads(transform.to_json())
    content["transform"]["transforms"][1:1] = _steps(augment)
    return json.dumps(content, indent=2) + "\n"


def _steps(augment: AugmentSection) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    if augment.blur:
        steps.append(_step("Blur", augment.blur.p, blur_limit=[3, augment.blur.limit]))
    if augment.brightness_contrast:
        limit = [-augment.brightness_contrast.limit, augment.brightness_contrast.limit]
        steps.append(
            _step(
                "RandomBrightnessContrast", augment.brightness_contrast.p, brightness_limit=limit, contrast_limit=limit
            )
        )
    if augment.motion_blur:
        steps.append(_step("MotionBlur", augment.motion_blur.p, blur_limit=[3, augment.motion_blur.limit]))
    return steps


def _step(name: str, p: float, **values: object) -> dict[str, Any]:
    return {"__class_fullname__": name, "p": p, **values}

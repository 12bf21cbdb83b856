"""The training augmentation as ``train_transform.json``: a record in albumentations' form, which nothing loads.

Steps that albumentations does not have carry the prefix ``OWN``.
"""

from __future__ import annotations

import json
from typing import Any

from ecgcore.data.image_transform import ImageTransform
from ecgcore.training.recipe.augment_section import AugmentSection

OWN = "ecgcore.training."


def train_transform_json(transform: ImageTransform, augment: AugmentSection) -> str:
    """Return the inference transform's JSON with the augmentation between resizing and normalising."""
    content = json.loads(transform.to_json())
    content["transform"]["transforms"][1:1] = _steps(augment)
    return json.dumps(content, indent=2) + "\n"


def _steps(augment: AugmentSection) -> list[dict[str, Any]]:
    return [*_page_steps(augment), *_picture_steps(augment), *_last_steps(augment)]


def _page_steps(augment: AugmentSection) -> list[dict[str, Any]]:
    parts = {
        "PageShift": augment.page_shift,
        "PageRotation": augment.rotation,
        "LeadShift": augment.lead_shift,
        "LineThickness": augment.thickness,
        "GridRemnants": augment.grid,
    }
    return [_step(OWN + name, part.p, limit=part.limit) for name, part in parts.items() if part]


def _picture_steps(augment: AugmentSection) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    if augment.blur:
        steps.append(_step("Blur", augment.blur.p, blur_limit=[3, augment.blur.limit]))
    if augment.brightness_contrast:
        limit = [-augment.brightness_contrast.limit, augment.brightness_contrast.limit]
        p = augment.brightness_contrast.p
        steps.append(_step("RandomBrightnessContrast", p, brightness_limit=limit, contrast_limit=limit))
    if augment.motion_blur:
        steps.append(_step("MotionBlur", augment.motion_blur.p, blur_limit=[3, augment.motion_blur.limit]))
    return steps


def _last_steps(augment: AugmentSection) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    if augment.jpeg:
        lowest = augment.jpeg.lowest_quality
        steps.append(_step("ImageCompression", augment.jpeg.p, quality_lower=lowest, quality_upper=100))
    if augment.mixup:
        steps.append(_step(OWN + "Mixup", 1.0, alpha=augment.mixup.alpha))
    return steps


def _step(name: str, p: float, **values: object) -> dict[str, Any]:
    return {"__class_fullname__": name, "p": p, **values}

"""The one preprocessing path between a canonical image and a network: resize, then normalise.

It is written to and read from ``transform.json`` in the form of albumentations, because the deployed predictor loads
that file with albumentations 1.3.1 or 2.0.8. The numbers follow albumentations, the library itself is not needed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ecgcore.errors import PredictorError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
MAX_SIDE = 8192

_NAME = "transform"
_WRITER_VERSION = "1.3.1"
_STEPS = ("Resize", "Normalize", "ToTensorV2")
_HINT = "write the file with ImageTransform.to_json, or use Resize, Normalize and ToTensorV2 only"
_ANY = object()  # a field that cannot change the pixels of an image

# What each writer may put into a step beside the numbers we read. Any other field or value could change pixels.
_NEUTRAL: dict[str, dict[str, object]] = {
    "Resize": {"always_apply": _ANY, "mask_interpolation": _ANY, "area_for_downscale": None},
    "Normalize": {"always_apply": _ANY, "normalization": "standard"},
    "ToTensorV2": {"always_apply": _ANY, "transpose_mask": _ANY},
}
_NUMBERS: dict[str, tuple[str, ...]] = {
    "Resize": ("height", "width", "interpolation"),
    "Normalize": ("mean", "std", "max_pixel_value"),
    "ToTensorV2": (),
}


class Interpolation(IntEnum):
    """OpenCV's resize flags. Only ``AREA`` averages over the pixels it shrinks (antialiasing)."""

    NEAREST = 0
    LINEAR = 1
    CUBIC = 2
    AREA = 3
    LANCZOS4 = 4


@dataclass(frozen=True)
class ImageTransform:
    """Resize to ``height`` x ``width`` px and normalise per channel.

    Args:
        height: rows of the network's input, 1 to 8192 px.
        width: columns of the network's input, 1 to 8192 px.
        interpolation: OpenCV's flag; an int is accepted.
        mean: mean per channel (R, G, B) as a share of ``max_pixel_value``.
        std: standard deviation per channel, above 0.
        max_pixel_value: the value of a white pixel, above 0.

    Raises:
        PredictorError: a value is out of its range.
    """

    height: int
    width: int
    interpolation: Interpolation = Interpolation.LINEAR
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    max_pixel_value: float = 255.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "height", _side("height", self.height))
        object.__setattr__(self, "width", _side("width", self.width))
        object.__setattr__(self, "interpolation", _interpolation(self.interpolation))
        object.__setattr__(self, "mean", _channels("mean", self.mean))
        object.__setattr__(self, "std", _channels("std", self.std))
        if min(self.std) <= 0:
            raise PredictorError(_NAME, f"std must be above 0, is {self.std}", _HINT)
        if not _is_number(self.max_pixel_value) or self.max_pixel_value <= 0:
            raise PredictorError(_NAME, f"max_pixel_value must be above 0, is {self.max_pixel_value!r}", _HINT)

    def resize(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return ``image`` (uint8, H x W x 3, RGB) at the transform's size; unchanged if it has that size already.

        Raises:
            PredictorError: not a uint8 H x W x 3 array, or an empty one.
        """
        check_rgb(image)
        if image.shape[:2] == (self.height, self.width):
            return image
        resized = cv2.resize(image, (self.width, self.height), interpolation=int(self.interpolation))
        return np.asarray(resized, dtype=np.uint8)

    def prepare(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the recording of a canonical image: :meth:`resize`."""
        return self.resize(picture)

    def normalise(self, batch: torch.Tensor | NDArray[np.uint8]) -> torch.Tensor:
        """Return ``(x - mean * max) / (std * max)`` as contiguous float32 N x 3 x H x W, on the device of ``batch``.

        Like albumentations, the reciprocal of ``std * max`` is rounded to float32 and then multiplied.

        Args:
            batch: uint8, N x H x W x 3, a tensor on any device or an array.

        Raises:
            PredictorError: another type or shape.
        """
        pixels = torch.from_numpy(np.ascontiguousarray(batch)) if isinstance(batch, np.ndarray) else batch
        if pixels.dtype != torch.uint8 or pixels.ndim != 4 or pixels.shape[-1] != 3:
            raise PredictorError(
                "batch",
                f"must be uint8 N x H x W x 3, is {pixels.dtype} {tuple(pixels.shape)}",
                "stack images that ImageTransform.resize returned",
            )
        planes = pixels.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
        mean, scale = self._constants()
        return planes.sub_(mean.to(planes.device)).mul_(scale.to(planes.device))

    def _constants(self) -> tuple[torch.Tensor, torch.Tensor]:
        mean = np.asarray(self.mean, np.float32) * np.float32(self.max_pixel_value)
        scale = np.reciprocal(np.asarray(self.std, np.float32) * np.float32(self.max_pixel_value))
        return torch.from_numpy(mean).view(1, 3, 1, 1), torch.from_numpy(scale).view(1, 3, 1, 1)

    def to_json(self) -> str:
        """Return ``transform.json``: the smallest form that albumentations 1.3.1 and 2.0.8 both load."""
        return json.dumps({"__version__": _WRITER_VERSION, "transform": self._compose()}, indent=2) + "\n"

    def _compose(self) -> dict[str, Any]:
        resize = {"height": self.height, "width": self.width, "interpolation": int(self.interpolation)}
        normal = {"mean": list(self.mean), "std": list(self.std), "max_pixel_value": self.max_pixel_value}
        return {
            "__class_fullname__": "Compose",
            "p": 1.0,
            "transforms": [
                {"__class_fullname__": "Resize", "p": 1, **resize},
                {"__class_fullname__": "Normalize", "p": 1.0, **normal},
                {"__class_fullname__": "ToTensorV2", "p": 1.0, "transpose_mask": False},
            ],
            "bbox_params": None,
            "keypoint_params": None,
            "additional_targets": {},
        }

    @classmethod
    def from_json(cls, text: str) -> ImageTransform:
        """Read a ``transform.json`` of either albumentations.

        Raises:
            PredictorError: not JSON, an unknown step, another order of steps, or a field that would change pixels
                in a way that this class does not reproduce.
        """
        steps = _compose_steps(_parse(text))
        names = tuple(_class_name(step) for step in steps)
        if names != _STEPS:
            raise PredictorError(
                _NAME, f"steps must be {', '.join(_STEPS)}; they are {', '.join(names) or 'none'}", _HINT
            )
        resize, normal, _ = (_numbers(name, step) for name, step in zip(names, steps, strict=True))
        return cls(**resize, **normal)


def check_rgb(image: object) -> None:
    """Check that ``image`` is a uint8 H x W x 3 array with at least one pixel.

    Raises:
        PredictorError: it is not.
    """
    array: NDArray[Any] = image if isinstance(image, np.ndarray) else np.empty(0)
    if array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3 and array.size:
        return
    shape = getattr(image, "shape", None)
    what = f"{type(image).__name__} {getattr(image, 'dtype', '')} {shape or ''}".strip()
    raise PredictorError(
        "image", f"must be a uint8 array H x W x 3, is {what}", "convert it to RGB, 8 bits per channel"
    )


def _parse(text: str) -> Mapping[str, Any]:
    try:
        return _mapping("the file", json.loads(text))
    except ValueError as error:
        raise PredictorError(_NAME, f"is not JSON ({error})", _HINT) from error


def _compose_steps(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    compose = _mapping("'transform'", content.get("transform"))
    if _class_name(compose) != "Compose":
        raise PredictorError(_NAME, f"must be a Compose, is {_class_name(compose)!r}", _HINT)
    _check_always("Compose", compose)
    steps = compose.get("transforms")
    if not isinstance(steps, list):
        raise PredictorError(_NAME, "Compose has no list 'transforms'", _HINT)
    return [_mapping("a step", step) for step in steps]


def _mapping(what: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise PredictorError(_NAME, f"{what} must be an object, is {type(value).__name__}", _HINT)
    return value


def _class_name(step: Mapping[str, Any]) -> str:
    return str(step.get("__class_fullname__", "")).rsplit(".", 1)[-1]


def _check_always(name: str, step: Mapping[str, Any]) -> None:
    if step.get("p") != 1:
        raise PredictorError(_NAME, f"{name} must have p = 1, has {step.get('p')!r}", "inference must not be random")


def _numbers(name: str, step: Mapping[str, Any]) -> dict[str, Any]:
    _check_always(name, step)
    wanted, neutral = _NUMBERS[name], _NEUTRAL[name]
    for key in step.keys() - {"__class_fullname__", "p"} - set(wanted):
        if key not in neutral or neutral[key] not in (_ANY, step[key]):
            raise PredictorError(_NAME, f"{name} has {key} = {step[key]!r}, which is not supported", _HINT)
    missing = [key for key in wanted if key not in step]
    if missing:
        raise PredictorError(_NAME, f"{name} lacks {', '.join(missing)}", _HINT)
    return {key: step[key] for key in wanted}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _side(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_SIDE:
        raise PredictorError(_NAME, f"{name} must be a whole number, 1 to {MAX_SIDE} px, is {value!r}", _HINT)
    return value


def _interpolation(value: object) -> Interpolation:
    try:
        return Interpolation(value)  # type: ignore[arg-type]
    except ValueError as error:
        known = ", ".join(f"{flag.value} ({flag.name})" for flag in Interpolation)
        raise PredictorError(_NAME, f"interpolation must be one of {known}; is {value!r}", _HINT) from error


def _channels(name: str, value: object) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or len(value) != 3 or not all(_is_number(v) for v in value):
        raise PredictorError(_NAME, f"{name} must be three numbers, is {value!r}", _HINT)
    return tuple(float(v) for v in value)

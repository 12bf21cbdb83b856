"""The preprocessing between a canonical image and a signal network: read the leads, cut a beat, standardise."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ecgcore.data.image_transform import check_rgb
from ecgcore.data.signal_writer import SignalWriter, read_signals
from ecgcore.errors import PredictorError

LEADS = SignalWriter.LEADS
MAX_SAMPLES = 2000

_NAME = "signal.json"
_KEYS = ("samples", "mean", "scale", "max_unreadable_share")
_HINT = "export the model again; do not edit the directory by hand"


@dataclass(frozen=True)
class SignalTransform:
    """``samples`` per lead around an R peak (``reports.signals.beat_window``), then ``(x - mean) / scale`` per lead.

    Args:
        samples: per lead, 1 to 2000.
        mean: of each lead over the training rows, mV.
        scale: standard deviation of each lead over the training rows, mV, above 0.
        max_unreadable_share: at most so large a share of many studies may be unreadable, 0 to 1.

    Raises:
        PredictorError: a value is out of its range.
    """

    samples: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    max_unreadable_share: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", _per_lead("mean", self.mean))
        object.__setattr__(self, "scale", _per_lead("scale", self.scale))
        if type(self.samples) is not int or not 1 <= self.samples <= MAX_SAMPLES:
            raise PredictorError(_NAME, f"samples must be 1 to {MAX_SAMPLES}, is {self.samples!r}", _HINT)
        if min(self.scale) <= 0:
            raise PredictorError(_NAME, f"scale must be above 0, is {self.scale}", _HINT)
        if not _is_number(self.max_unreadable_share) or not 0 <= self.max_unreadable_share <= 1:
            rule = f"max_unreadable_share must be in [0, 1], is {self.max_unreadable_share!r}"
            raise PredictorError(_NAME, rule, _HINT)

    def prepare(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the leads of a canonical image, float32 (12, samples), mV.

        Raises:
            PredictorError: not a uint8 H x W x 3 array.
            ReportError: its shape is that of no format, or a lead has no trace.
        """
        check_rgb(picture)
        return read_signals(picture, self.samples)

    @property
    def blank(self) -> NDArray[np.float32]:
        """What stands for a study whose leads cannot be read: each lead at its mean, float32 (12, samples), mV."""
        return np.repeat(np.asarray(self.mean, np.float32)[:, None], self.samples, axis=1)

    def normalise(self, batch: torch.Tensor) -> torch.Tensor:
        """Return ``(x - mean) / scale`` as float32 N x 12 x samples, on the device of ``batch``.

        Args:
            batch: float32 N x 12 x samples, mV.

        Raises:
            PredictorError: another type or shape.
        """
        if batch.dtype != torch.float32 or tuple(batch.shape[1:]) != (LEADS, self.samples):
            raise PredictorError(
                "batch",
                f"must be float32 N x {LEADS} x {self.samples}, is {batch.dtype} {tuple(batch.shape)}",
                "stack signals that SignalTransform.prepare returned",
            )
        mean, scale = (
            torch.tensor(v, dtype=torch.float32, device=batch.device)[:, None] for v in (self.mean, self.scale)
        )
        return (batch - mean) / scale

    def to_json(self) -> str:
        """Return ``signal.json``."""
        return json.dumps({key: getattr(self, key) for key in _KEYS}, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> SignalTransform:
        """Read a ``signal.json``.

        Raises:
            PredictorError: not JSON, or a key or value is wrong.
        """
        try:
            content = json.loads(text)
        except ValueError as error:
            raise PredictorError(_NAME, f"is not JSON ({error})", _HINT) from error
        if not isinstance(content, Mapping) or set(content) != set(_KEYS):
            raise PredictorError(_NAME, f"must have the keys {', '.join(_KEYS)}, no others", _HINT)
        return cls(**content)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _per_lead(name: str, values: Any) -> tuple[float, ...]:
    if not isinstance(values, list | tuple) or len(values) != LEADS or not all(_is_number(v) for v in values):
        raise PredictorError(_NAME, f"{name} must be {LEADS} numbers, is {values!r}", _HINT)
    return tuple(float(v) for v in values)

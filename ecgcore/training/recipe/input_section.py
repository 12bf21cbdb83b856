"""The recipe's section ``input``: what the model reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.training.recipe.strict import require

_SHORTEST, _LONGEST = 32, 2000


class InputKind(StrEnum):
    """What the model reads."""

    IMAGE = "image"
    SIGNAL = "signal"


class Resize(StrEnum):
    """How images are resized: OpenCV's ``INTER_AREA`` (antialiased) or ``INTER_LINEAR`` (not)."""

    AREA = "area"
    BILINEAR = "bilinear"

    @property
    def flag(self) -> Interpolation:
        """The transform's name for it."""
        return Interpolation.AREA if self is Resize.AREA else Interpolation.LINEAR


@dataclass(frozen=True)
class ImageInput:
    """The canonical image: kind, height and width in px, interpolation."""

    KIND: ClassVar[InputKind] = InputKind.IMAGE

    kind: InputKind
    height: int
    width: int
    interpolation: Resize

    def __post_init__(self) -> None:
        require(self.height >= 32 and self.width >= 32, "input: height and width must be at least 32 px")

    @property
    def transform(self) -> ImageTransform:
        """The preprocessing that the exported model carries."""
        return ImageTransform(self.height, self.width, self.interpolation.flag)


@dataclass(frozen=True)
class SignalInput:
    """Twelve leads read from the canonical image, two seconds around an R peak, standardised per lead.

    Args:
        kind: ``signal``.
        samples: per lead.
        max_unreadable_share: at most so large a share of the studies may have a signal that cannot be read, 0 to 1.
    """

    KIND: ClassVar[InputKind] = InputKind.SIGNAL

    kind: InputKind
    samples: int
    max_unreadable_share: float

    def __post_init__(self) -> None:
        require(_SHORTEST <= self.samples <= _LONGEST, f"input: samples must be in {_SHORTEST} .. {_LONGEST}")
        require(0 <= self.max_unreadable_share < 1, "input: max_unreadable_share must be in [0, 1)")


InputSection = ImageInput | SignalInput

"""The recipe's section ``augment``: random changes of training images, each of them optional."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecgcore.training.recipe.strict import LATER, require

_MOST_SHIFT = 0.1
_MOST_DEGREES = 10.0


@dataclass(frozen=True)
class BlurSection:
    """Box blur of ``limit`` x ``limit`` px (odd, at least 3) with probability ``p``."""

    limit: int
    p: float

    def __post_init__(self) -> None:
        require(self.limit >= 3 and self.limit % 2 == 1, "augment: a blur limit must be odd and at least 3")
        _require_probability(self.p)


@dataclass(frozen=True)
class BrightnessContrastSection:
    """Contrast factor in 1 +- ``limit`` and brightness shift in +- ``limit`` of full scale, with probability ``p``."""

    limit: float
    p: float

    def __post_init__(self) -> None:
        require(0 <= self.limit < 1, "augment: brightness_contrast limit must be in [0, 1)")
        _require_probability(self.p)


@dataclass(frozen=True)
class ShiftSection:
    """Shift by up to +- ``limit`` of the image's width and height, in whole px, with probability ``p``."""

    limit: float
    p: float

    def __post_init__(self) -> None:
        require(0 < self.limit <= _MOST_SHIFT, f"augment: a shift limit must be in (0, {_MOST_SHIFT}]")
        _require_probability(self.p)


@dataclass(frozen=True)
class RotationSection:
    """Rotation of the page by up to +- ``limit`` degrees with probability ``p``."""

    limit: float
    p: float

    def __post_init__(self) -> None:
        require(0 < self.limit <= _MOST_DEGREES, f"augment: rotation limit must be in (0, {_MOST_DEGREES:g}] degrees")
        _require_probability(self.p)


@dataclass(frozen=True)
class ThicknessSection:
    """Share, up to ``limit``, by which traces grow or shrink by one px of the network's image; probability ``p``."""

    limit: float
    p: float

    def __post_init__(self) -> None:
        require(0 < self.limit <= 1, "augment: thickness limit must be in (0, 1]")
        _require_probability(self.p)


@dataclass(frozen=True)
class GridSection:
    """Remnants of the grid with up to ``limit`` of its ink, with probability ``p``; formats with a grid only."""

    limit: float
    p: float

    def __post_init__(self) -> None:
        require(0 < self.limit <= 1, "augment: grid limit must be in (0, 1]")
        _require_probability(self.p)


@dataclass(frozen=True)
class JpegSection:
    """JPEG artefacts of a quality from ``lowest_quality`` (1 to 100) to 100, with probability ``p``."""

    lowest_quality: int
    p: float

    def __post_init__(self) -> None:
        require(1 <= self.lowest_quality <= 100, "augment: jpeg lowest_quality must be in 1 .. 100")
        _require_probability(self.p)


@dataclass(frozen=True)
class MixupSection:
    """Mixing of pairs with shares drawn from Beta(``alpha``, ``alpha``)."""

    alpha: float

    def __post_init__(self) -> None:
        require(self.alpha > 0, "augment: mixup alpha must be above 0")


@dataclass(frozen=True)
class AugmentSection:
    """Random changes of training images; a section that is absent is not done.

    Args:
        blur, brightness_contrast, motion_blur: the study's.
        page_shift, rotation: of the page as one.
        lead_shift: of each lead by itself, inside its box.
        thickness: of the traces.
        grid: remnants of the paper's grid.
        jpeg: artefacts of compression.
        mixup: of pairs of a batch, after all else.
    """

    blur: BlurSection | None = None
    brightness_contrast: BrightnessContrastSection | None = None
    motion_blur: BlurSection | None = None
    page_shift: ShiftSection | None = field(default=None, metadata=LATER)
    rotation: RotationSection | None = field(default=None, metadata=LATER)
    lead_shift: ShiftSection | None = field(default=None, metadata=LATER)
    thickness: ThicknessSection | None = field(default=None, metadata=LATER)
    grid: GridSection | None = field(default=None, metadata=LATER)
    jpeg: JpegSection | None = field(default=None, metadata=LATER)
    mixup: MixupSection | None = field(default=None, metadata=LATER)


def _require_probability(p: float) -> None:
    require(0 <= p <= 1, "augment: p must be in [0, 1]")

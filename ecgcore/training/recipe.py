"""A recipe: the YAML file that fully determines a training, read strictly."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import yaml

from ecgcore.data.transform import ImageTransform, Interpolation
from ecgcore.errors import RecipeError
from ecgcore.models.spec import Family, ModelSpec
from ecgcore.training.augmentsection import AugmentSection
from ecgcore.training.strict import from_mapping
from ecgcore.training.strict import require as _require

_INT32_MAX = 2**31 - 1


class Slot(StrEnum):
    """What a champion serves."""

    CHAMPION = "champion"


class InputKind(StrEnum):
    """What the model reads."""

    IMAGE = "image"


class Resize(StrEnum):
    """How images are resized: OpenCV's ``INTER_AREA`` (antialiased) or ``INTER_LINEAR`` (not)."""

    AREA = "area"
    BILINEAR = "bilinear"

    @property
    def flag(self) -> Interpolation:
        """The transform's name for it."""
        return Interpolation.AREA if self is Resize.AREA else Interpolation.LINEAR


class ClassWeights(StrEnum):
    """``balanced``: ``n / (2 * n_class)`` of the training rows, per target."""

    NONE = "none"
    BALANCED = "balanced"


class Optimiser(StrEnum):
    """The update rule."""

    ADAMW = "adamw"


class Decay(StrEnum):
    """The shape of the learning rate after the warm-up."""

    LINEAR = "linear"
    COSINE = "cosine"


class Averaging(StrEnum):
    """How weights are averaged: not, equally per epoch (SWA), or exponentially per step (EMA)."""

    NONE = "none"
    SWA = "swa"
    EMA = "ema"


class Precision(StrEnum):
    """Numbers the network computes with. ``auto``: 32 bit on the CPU, mixed on a GPU."""

    AUTO = "auto"
    FULL = "32"
    HALF_MIXED = "16-mixed"
    BFLOAT_MIXED = "bf16-mixed"


@dataclass(frozen=True)
class InputSection:
    """What the model reads: kind, height and width in px, interpolation."""

    kind: InputKind
    height: int
    width: int
    interpolation: Resize

    def __post_init__(self) -> None:
        _require(self.height >= 32 and self.width >= 32, "input: height and width must be at least 32 px")

    @property
    def transform(self) -> ImageTransform:
        """The preprocessing that the exported model carries."""
        return ImageTransform(self.height, self.width, self.interpolation.flag)


@dataclass(frozen=True)
class DataSection:
    """Which studies take part: their report formats."""

    formats: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(len(self.formats) > 0, "data: formats names none")


@dataclass(frozen=True)
class ModelSection:
    """The network: family, timm backbone, embedding size, targets, ImageNet start, bias of the heads."""

    family: Family
    backbone: str
    latent_dim: int
    targets: tuple[str, ...]
    pretrained: bool
    bias_head: bool

    def __post_init__(self) -> None:
        _require(not self.spec.family.is_clinical, "model: an image recipe cannot have a clinical family")

    @property
    def spec(self) -> ModelSpec:
        """The network's layout.

        Raises:
            RecipeError: a value is wrong, or the family does not fit the targets.
        """
        return ModelSpec(
            family=self.family,
            targets=self.targets,
            backbone=self.backbone,
            latent_dim=self.latent_dim,
            bias_head=self.bias_head,
            pretrained=self.pretrained,
        )


@dataclass(frozen=True)
class LossSection:
    """Share of each target in the loss (scaled to a sum of 1), and the weights of the classes."""

    ratio: dict[str, float]
    class_weights: ClassWeights = ClassWeights.NONE

    def __post_init__(self) -> None:
        _require(all(r > 0 for r in self.ratio.values()), "loss: each ratio must be above 0")


@dataclass(frozen=True)
class OptimiserSection:
    """Update rule, peak learning rate and decoupled weight decay."""

    name: Optimiser
    learning_rate: float
    weight_decay: float

    def __post_init__(self) -> None:
        _require(self.learning_rate > 0, "optimiser: learning_rate must be above 0")
        _require(self.weight_decay >= 0, "optimiser: weight_decay must be at least 0")


@dataclass(frozen=True)
class ScheduleSection:
    """Learning rate per optimiser step: linear warm-up, then decay to 0."""

    warmup_steps: int
    decay: Decay

    def __post_init__(self) -> None:
        _require(self.warmup_steps >= 0, "schedule: warmup_steps must be at least 0")


@dataclass(frozen=True)
class AveragingSection:
    """Weight averaging.

    Args:
        kind: see ``Averaging``.
        start: SWA: share of the epochs after which averaging begins, in [0, 1).
        learning_rate: SWA: constant rate from there on; null lets the schedule go on.
        decay: EMA: weight of the past in each step, in (0, 1).
    """

    kind: Averaging
    start: float | None = None
    learning_rate: float | None = None
    decay: float | None = None

    def __post_init__(self) -> None:
        swa, ema = self.kind is Averaging.SWA, self.kind is Averaging.EMA
        _require((self.start is not None) == swa, "weight_averaging: 'start' belongs to kind swa, which needs it")
        _require((self.decay is not None) == ema, "weight_averaging: 'decay' belongs to kind ema, which needs it")
        _require(self.learning_rate is None or swa, "weight_averaging: 'learning_rate' belongs to kind swa")
        _require(self.start is None or 0 <= self.start < 1, "weight_averaging: start must be in [0, 1)")
        _require(self.decay is None or 0 < self.decay < 1, "weight_averaging: decay must be in (0, 1)")


@dataclass(frozen=True)
class TrainingSection:
    """How long, in which batches, how precise, from which seed.

    Args:
        epochs: at most so many.
        batch_size: samples per forward pass.
        accumulate: forward passes per optimiser step.
        early_stopping_patience: epochs without a lower validation loss before it stops; null never stops.
        weight_averaging: see ``AveragingSection``.
        precision: see ``Precision``.
        seed: of weights, order and augmentation.
        num_threads: CPU threads; null leaves torch's choice. Sums depend on it in their last bits.
    """

    epochs: int
    batch_size: int
    accumulate: int
    early_stopping_patience: int | None
    weight_averaging: AveragingSection
    precision: Precision
    seed: int
    num_threads: int | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "accumulate"):
            _require(getattr(self, name) >= 1, f"training: {name} must be at least 1")
        for name in ("early_stopping_patience", "num_threads"):
            _require(getattr(self, name) is None or getattr(self, name) >= 1, f"training: {name} must be at least 1")
        _require(0 <= self.seed <= _INT32_MAX, "training: seed must be in 0 .. 2^31 - 1")


@dataclass(frozen=True)
class Recipe:
    """All that determines a training, together with a snapshot."""

    name: str
    description: str
    slot: Slot | None
    promotable: bool
    start_from: str | None
    input: InputSection
    data: DataSection
    model: ModelSection
    loss: LossSection
    augment: AugmentSection
    optimiser: OptimiserSection
    schedule: ScheduleSection
    training: TrainingSection

    def __post_init__(self) -> None:
        _require(self.start_from is None, "start_from must be null: this version trains from ImageNet or from scratch")
        _require(not self.promotable or self.slot is not None, "a promotable recipe names its slot")
        _require(
            set(self.loss.ratio) == set(self.model.targets), "loss: ratio names each of the model's targets, no other"
        )

    @classmethod
    def load(cls, path: Path | str) -> Recipe:
        """Read a recipe file.

        Raises:
            RecipeError: naming the file, the key or value, and the nearest allowed key.
        """
        try:
            content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except OSError as e:
            raise RecipeError(path, f"cannot be read ({type(e).__name__})", "name a file of deployments/recipes") from e
        except (yaml.YAMLError, UnicodeDecodeError) as e:
            raise RecipeError(path, f"is no YAML: {e}", "correct the line that it names") from e
        return from_mapping(cls, content, path)

    def to_dict(self) -> dict[str, object]:
        """Return the recipe as plain values: what ``from_mapping`` reads and YAML can write."""
        return json.loads(json.dumps(asdict(self)))  # enums become their strings, tuples lists

    @property
    def sha256(self) -> str:
        """Hash of what the recipe says; comments and the order of keys do not count."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

"""A recipe: the YAML file that fully determines a training, read strictly."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from ecgcore.errors import RecipeError
from ecgcore.models.backbone import is_plain_resnet
from ecgcore.models.spec import ClinicalSpec, Family, ModelSpec, Pretrained
from ecgcore.predictor.formats.choice import ModelFormat, choose_format
from ecgcore.training.recipe.augment_section import AugmentSection
from ecgcore.training.recipe.input_section import ImageInput, InputSection, SignalInput
from ecgcore.training.recipe.operating_point import OperatingPoint, require_points
from ecgcore.training.recipe.overlay import Overlay
from ecgcore.training.recipe.slot import require_slot
from ecgcore.training.recipe.strict import FLAGS, LATER, from_mapping, read_yaml, require, to_mapping

_INT32_MAX = 2**31 - 1


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
class DataSection:
    """Which studies take part: their report formats."""

    formats: tuple[str, ...]

    def __post_init__(self) -> None:
        require(len(self.formats) > 0, "data: formats names none")


@dataclass(frozen=True)
class ClinicalSection:
    """Sizes of a clinical family's branch: of a category's embedding, and of the branch's output."""

    embedding_size: int
    rnn_output_size: int


@dataclass(frozen=True)
class ModelSection:
    """The network: family, timm backbone, embedding size, targets, first weights, heads' bias, clinical sizes.

    ``pretrained`` may be true or false, too, as recipes of before say it: that is preferred or none.
    """

    family: Family
    backbone: str
    latent_dim: int
    targets: tuple[str, ...]
    pretrained: Pretrained = field(metadata={FLAGS: {True: Pretrained.PREFERRED, False: Pretrained.NONE}})
    bias_head: bool
    clinical: ClinicalSection | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        clinical = self.spec.family.is_clinical
        require(
            (self.clinical is not None) == clinical, "model: 'clinical' belongs to a clinical family, which needs it"
        )

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
            clinical=ClinicalSpec(**vars(self.clinical)) if self.clinical else None,
        )


@dataclass(frozen=True)
class ImputationSection:
    """How missing clinical features of a clinical family are filled: ``rounds`` of chained regressions."""

    rounds: int

    def __post_init__(self) -> None:
        require(self.rounds >= 1, "imputation: rounds must be at least 1")


@dataclass(frozen=True)
class LossSection:
    """Share of each target in the loss (scaled to a sum of 1), and the weights of the classes."""

    ratio: dict[str, float]
    class_weights: ClassWeights = ClassWeights.NONE

    def __post_init__(self) -> None:
        require(all(r > 0 for r in self.ratio.values()), "loss: each ratio must be above 0")


@dataclass(frozen=True)
class OptimiserSection:
    """Update rule, peak learning rate and decoupled weight decay."""

    name: Optimiser
    learning_rate: float
    weight_decay: float

    def __post_init__(self) -> None:
        require(self.learning_rate > 0, "optimiser: learning_rate must be above 0")
        require(self.weight_decay >= 0, "optimiser: weight_decay must be at least 0")


@dataclass(frozen=True)
class ScheduleSection:
    """Learning rate per optimiser step: linear warm-up, then decay to 0."""

    warmup_steps: int
    decay: Decay

    def __post_init__(self) -> None:
        require(self.warmup_steps >= 0, "schedule: warmup_steps must be at least 0")


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
        require((self.start is not None) == swa, "weight_averaging: 'start' belongs to kind swa, which needs it")
        require((self.decay is not None) == ema, "weight_averaging: 'decay' belongs to kind ema, which needs it")
        require(self.learning_rate is None or swa, "weight_averaging: 'learning_rate' belongs to kind swa")
        require(self.start is None or 0 <= self.start < 1, "weight_averaging: start must be in [0, 1)")
        require(self.decay is None or 0 < self.decay < 1, "weight_averaging: decay must be in (0, 1)")


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
            require(getattr(self, name) >= 1, f"training: {name} must be at least 1")
        for name in ("early_stopping_patience", "num_threads"):
            require(getattr(self, name) is None or getattr(self, name) >= 1, f"training: {name} must be at least 1")
        require(0 <= self.seed <= _INT32_MAX, "training: seed must be in 0 .. 2^31 - 1")


@dataclass(frozen=True)
class Recipe:
    """All that determines a network's training, together with a snapshot and the run that it starts from, if any.

    ``operating_point`` says per target where the exported model says positive; None leaves each at the calibrated one.
    """

    name: str
    description: str
    slot: str | None
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
    imputation: ImputationSection | None = field(default=None, metadata=LATER)
    operating_point: dict[str, OperatingPoint] | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        family = self.model.family
        require_slot(self.slot, self.promotable)
        require(
            self.start_from is None or self.model.pretrained is Pretrained.NONE,
            "model: pretrained must be none where start_from brings the weights",
        )
        require(
            set(self.loss.ratio) == set(self.model.targets), "loss: ratio names each of the model's targets, no other"
        )
        signal = isinstance(self.input, SignalInput)
        require(family.is_signal == signal, f"model: family {family} reads no input of kind {self.input.kind}")
        require(
            not signal or self.augment == AugmentSection(), "augment: changes images, and this recipe reads signals"
        )
        require(
            not family.is_clinical or self.augment.mixup is None, "augment: mixup mixes images, not clinical features"
        )
        require(
            (self.imputation is not None) == family.is_clinical,
            "imputation: belongs to a clinical family, which needs it",
        )
        require_points(self.operating_point, self.model.targets)
        require(
            self.operating_point is None or self.model.bias_head,
            "operating_point: is folded into the bias of a head, and model: bias_head is false",
        )
        self._require_buildable()

    def _require_buildable(self) -> None:
        try:
            spec = self.spec
            if not is_plain_resnet(spec.backbone):  # which reads anything, so that torch need not be asked
                from ecgcore.models.factory import check_buildable

                check_buildable(replace(spec, pretrained=Pretrained.NONE), *_shape(self.input))
        except RecipeError as error:  # without the file's name, which the reader of the file adds
            raise ValueError(f"{error.thing} {error.rule}; {error.hint}") from error

    @property
    def format(self) -> ModelFormat:
        """The format of the exported directory.

        Raises:
            RecipeError: the slot is ``champion``, and the deployed predictor cannot serve such a model.
        """
        return choose_format(self.slot, self.model.spec)

    @property
    def spec(self) -> ModelSpec:
        """The layout of the network that is trained.

        Raises:
            RecipeError: as :attr:`format`.
        """
        sized = self.format is ModelFormat.OWN and isinstance(self.input, ImageInput)
        return replace(self.model.spec, image_size=_shape(self.input)) if sized else self.model.spec

    @classmethod
    def load(cls, path: Path | str, overlay: Path | str | None = None) -> Recipe:
        """Read a recipe file, with some values replaced where an overlay is named.

        Raises:
            RecipeError: naming the file, the key or value, and the nearest allowed key.
        """
        content = read_yaml(path)
        if overlay is not None:
            content = Overlay.load(overlay).over(content, path)
        return from_mapping(cls, content, path)

    @property
    def image_input(self) -> ImageInput:
        """The input section of an image recipe.

        Raises:
            RecipeError: the recipe reads something else.
        """
        if not isinstance(self.input, ImageInput):
            raise RecipeError(f"recipe {self.name}", f"reads {self.input.kind}s, not images", "name an image recipe")
        return self.input

    def to_dict(self) -> dict[str, object]:
        """Return the recipe as plain values: what ``from_mapping`` reads and YAML can write."""
        return to_mapping(self)

    @property
    def sha256(self) -> str:
        """Hash of what the recipe says; comments and the order of keys do not count."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()


def _shape(section: InputSection) -> tuple[int, int]:
    return (section.height, section.width) if isinstance(section, ImageInput) else (1, section.samples)

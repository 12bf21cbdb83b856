"""What a network is: its family, targets and sizes. No torch here, so that a recipe can be checked anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ecgcore.errors import RecipeError

_MAX_SIZE = 2**16
_BACKBONE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)?")  # a plain name: never a hub address or a folder
_TARGET = re.compile(r"[a-z][a-z0-9_]*")


class Family(StrEnum):
    """Networks with one input and output layout."""

    MULTI_TASK = "multi-task"
    SINGLE_TASK = "single-task"
    MULTI_TASK_CLINICAL = "multi-task-clinical"
    SINGLE_TASK_CLINICAL = "single-task-clinical"
    MULTI_TASK_1D = "multi-task-1d"
    SINGLE_TASK_1D = "single-task-1d"

    @property
    def is_single(self) -> bool:
        """Whether a network of this family predicts exactly one target."""
        return self in (Family.SINGLE_TASK, Family.SINGLE_TASK_CLINICAL, Family.SINGLE_TASK_1D)

    @property
    def is_clinical(self) -> bool:
        """Whether a network of this family reads clinical features beside the image."""
        return self in (Family.MULTI_TASK_CLINICAL, Family.SINGLE_TASK_CLINICAL)

    @property
    def is_signal(self) -> bool:
        """Whether a network of this family reads twelve lead signals instead of an image."""
        return self in (Family.MULTI_TASK_1D, Family.SINGLE_TASK_1D)


class Pretrained(StrEnum):
    """Published weights: ``required``, no training without; ``preferred``, where they can be had; ``none``."""

    REQUIRED = "required"
    PREFERRED = "preferred"
    NONE = "none"

    @classmethod
    def of(cls, value: object) -> Pretrained:
        """Return the word; true and false are what recipes of before said for ``preferred`` and ``none``.

        Raises:
            RecipeError: it is no such word.
        """
        if isinstance(value, bool):
            return cls.PREFERRED if value else cls.NONE
        try:
            return cls(value)  # type: ignore[arg-type]
        except ValueError as error:
            known = ", ".join(word.value for word in cls)
            raise RecipeError("pretrained", f"{value!r} is not known", f"use one of {known}") from error


@dataclass(frozen=True)
class ClinicalSpec:
    """Sizes of the clinical branch.

    Args:
        categories: yes/no features, in the order the network reads them (a snapshot's column names).
        numbers: numerical features after them; age enters as age / 100.
        embedding_size: length of a category's embedding.
        rnn_output_size: hidden size of the recurrent layer, and of the branch's output.
    """

    categories: tuple[str, ...] = ("female", "diabetes", "hypertension", "smoke", "dyslipidemia")
    numbers: tuple[str, ...] = ("age",)
    embedding_size: int = 5
    rnn_output_size: int = 512

    def __post_init__(self) -> None:
        object.__setattr__(self, "categories", tuple(self.categories))
        object.__setattr__(self, "numbers", tuple(self.numbers))
        if not self.categories:
            raise RecipeError("clinical categories", "must name at least one feature", "name the snapshot's columns")
        _check_size("clinical embedding_size", self.embedding_size)
        _check_size("clinical rnn_output_size", self.rnn_output_size)


@dataclass(frozen=True)
class ModelSpec:
    """Fully determines a network's layout.

    Args:
        family: input and output layout; a plain string is accepted.
        targets: what it predicts, each by name; any number, exactly one for the single-task families.
        backbone: any timm classifier; for the signal families one whose first layers are ``conv1`` and ``bn1``.
        latent_dim: length of the image embedding.
        in_channels: image channels; of the backbone before its first layer is replaced for the signal families.
        bias_head: whether the heads have a bias.
        pretrained: whether it starts from published weights; true and false are accepted.
        clinical: sizes of the clinical branch; for clinical families only, where it has a default.
        image_size: height and width in px that a backbone made for one size, such as a vision transformer, is built
            for; the others read any.

    Raises:
        RecipeError: a value is wrong, or the family does not fit the targets or the clinical sizes.
    """

    family: Family
    targets: tuple[str, ...]
    backbone: str = "resnet34d"
    latent_dim: int = 512
    in_channels: int = 3
    bias_head: bool = True
    pretrained: Pretrained = Pretrained.NONE
    clinical: ClinicalSpec | None = None
    image_size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "family", _family(self.family))
        object.__setattr__(self, "targets", check_targets(self.targets))
        object.__setattr__(self, "pretrained", Pretrained.of(self.pretrained))
        _check_backbone(self.backbone)
        _check_size("latent_dim", self.latent_dim)
        _check_size("in_channels", self.in_channels)
        if self.family.is_single and len(self.targets) != 1:
            raise RecipeError(
                f"family {self.family.value}",
                f"predicts one target, {len(self.targets)} are named",
                "name one target, or use a multi-task family",
            )
        for side in self.image_size or ():
            _check_size("image_size", side)
        self._settle_clinical()

    def _settle_clinical(self) -> None:
        if self.clinical is not None and not self.family.is_clinical:
            raise RecipeError(
                f"family {self.family.value}",
                "reads no clinical features",
                "remove 'clinical', or use a clinical family",
            )
        if self.clinical is None and self.family.is_clinical:
            object.__setattr__(self, "clinical", ClinicalSpec())


def _family(value: object) -> Family:
    try:
        return Family(value)  # type: ignore[arg-type]
    except ValueError as error:
        known = ", ".join(family.value for family in Family)
        raise RecipeError("model family", f"{value!r} is not known", f"use one of {known}") from error


def check_targets(value: object) -> tuple[str, ...]:
    """Return a recipe's targets as a tuple.

    Raises:
        RecipeError: they are no list of different plain names.
    """
    targets = tuple(value) if isinstance(value, list | tuple) else ()
    named = all(isinstance(name, str) and _TARGET.fullmatch(name) for name in targets)
    if not targets or not named or len(set(targets)) != len(targets):
        raise RecipeError(
            "model targets",
            f"{value!r} is not a list of different names",
            "name each target once, in lower case letters, digits and underscores, for example [scar, lvef]",
        )
    return targets


def _check_backbone(name: object) -> None:
    if not isinstance(name, str) or not _BACKBONE.fullmatch(name):
        raise RecipeError(f"backbone {name!r}", "is not a plain timm name", "choose one, for example resnet34d")


def _check_size(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MAX_SIZE:
        raise RecipeError(name, f"must be a whole number, 1 to {_MAX_SIZE}, is {value!r}", "correct the recipe")

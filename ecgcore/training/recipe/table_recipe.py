"""A recipe of a model that reads a table of clinical features: boosted trees, or the majority class."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum

from ecgcore.data.clinical import CLINICAL_COLUMNS
from ecgcore.models.spec import check_targets
from ecgcore.models.table_family import TableFamily
from ecgcore.training.recipe.operating_point import OperatingPoint, require_points
from ecgcore.training.recipe.recipe import ClassWeights, DataSection
from ecgcore.training.recipe.slot import Slot, require_slot
from ecgcore.training.recipe.strict import LATER, to_mapping
from ecgcore.training.recipe.strict import require as _require

_INT32_MAX = 2**31 - 1


class TableKind(StrEnum):
    """What the model reads."""

    TABLE = "table"


class BoosterKind(StrEnum):
    """``dart`` leaves out earlier trees at random while it learns the next one; ``gbtree`` does not."""

    DART = "dart"
    GBTREE = "gbtree"


class TreeMethod(StrEnum):
    """How splits are searched: over histograms of the features."""

    HIST = "hist"


class GrowPolicy(StrEnum):
    """Which node is split next: the one that gains most, or the one nearest to the root."""

    LOSSGUIDE = "lossguide"
    DEPTHWISE = "depthwise"


@dataclass(frozen=True)
class TableInputSection:
    """Columns of the snapshot that the model reads, in order; none for the majority class."""

    kind: TableKind
    features: tuple[str, ...]

    def __post_init__(self) -> None:
        unknown = sorted(set(self.features) - set(CLINICAL_COLUMNS))
        _require(not unknown, f"input: features are among {', '.join(CLINICAL_COLUMNS)}, not {', '.join(unknown)}")
        _require(len(set(self.features)) == len(self.features), "input: features names one twice")


@dataclass(frozen=True)
class TableModelSection:
    """The model: its family and its targets, each of which gets a model of its own."""

    family: TableFamily
    targets: tuple[str, ...]

    def __post_init__(self) -> None:
        check_targets(self.targets)


@dataclass(frozen=True)
class BoostingSection:
    """How trees are grown; the names are XGBoost's.

    Args:
        booster, tree_method, grow_policy: see these.
        learning_rate: shrinkage of a new tree, in (0, 1].
        max_depth: of a tree, 1 to 16.
        min_child_weight: least sum of hessians in a leaf, at least 0.
        reg_lambda: L2 penalty on leaves, at least 0.
        rounds: trees at most, 1 to 10,000; how many are kept is chosen on validation.
        patience: rounds without a lower validation loss before it stops; null never stops.
        rate_drop: dart: share of the earlier trees that a round leaves out, in [0, 1).
    """

    booster: BoosterKind
    tree_method: TreeMethod
    grow_policy: GrowPolicy
    learning_rate: float
    max_depth: int
    min_child_weight: float
    reg_lambda: float
    rounds: int
    patience: int | None
    rate_drop: float | None = None

    def __post_init__(self) -> None:
        _require(0 < self.learning_rate <= 1, "boosting: learning_rate must be in (0, 1]")
        _require(1 <= self.max_depth <= 16, "boosting: max_depth must be 1 to 16")
        _require(self.min_child_weight >= 0, "boosting: min_child_weight must be at least 0")
        _require(self.reg_lambda >= 0, "boosting: reg_lambda must be at least 0")
        _require(1 <= self.rounds <= 10_000, "boosting: rounds must be 1 to 10000")
        _require(self.patience is None or self.patience >= 1, "boosting: patience must be at least 1")
        dart = self.booster is BoosterKind.DART
        _require((self.rate_drop is not None) == dart, "boosting: 'rate_drop' belongs to booster dart, which needs it")
        _require(self.rate_drop is None or 0 <= self.rate_drop < 1, "boosting: rate_drop must be in [0, 1)")


@dataclass(frozen=True)
class TableLossSection:
    """Weights of the classes in the log loss."""

    class_weights: ClassWeights = ClassWeights.NONE


@dataclass(frozen=True)
class TableTrainingSection:
    """Seed of what is random, and CPU threads, on which sums depend in their last bits."""

    seed: int
    num_threads: int

    def __post_init__(self) -> None:
        _require(0 <= self.seed <= _INT32_MAX, "training: seed must be in 0 .. 2^31 - 1")
        _require(self.num_threads >= 1, "training: num_threads must be at least 1")


@dataclass(frozen=True)
class TableRecipe:
    """All that determines the training of a table model, together with a snapshot.

    ``boosting``, ``loss`` and ``training`` belong to xgboost: the majority class has nothing to choose. So does
    ``operating_point``, which says per target where the model says positive; None leaves each at the calibrated point.
    """

    name: str
    description: str
    slot: str | None
    promotable: bool
    input: TableInputSection
    data: DataSection
    model: TableModelSection
    boosting: BoostingSection | None = None
    loss: TableLossSection | None = None
    training: TableTrainingSection | None = None
    operating_point: dict[str, OperatingPoint] | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        _require(
            self.slot != Slot.CHAMPION and not self.promotable,
            "the deployed predictor reads images: a table model has slot: null and promotable: false",
        )
        require_slot(self.slot, self.promotable)
        boosted = self.model.family is TableFamily.XGBOOST
        _require(bool(self.input.features) == boosted, "input: features belong to xgboost, which needs one at least")
        for name in ("boosting", "loss", "training"):
            given = getattr(self, name) is not None
            _require(given == boosted, f"the section '{name}' belongs to xgboost, which needs it")
        _require(boosted or self.operating_point is None, "operating_point: belongs to xgboost")
        require_points(self.operating_point, self.model.targets)

    @property
    def start_from(self) -> None:
        """A table model starts from nothing."""
        return None

    def to_dict(self) -> dict[str, object]:
        """Return the recipe as plain values: what ``from_mapping`` reads and YAML can write."""
        return to_mapping(self)

    @property
    def sha256(self) -> str:
        """Hash of what the recipe says; comments and the order of keys do not count."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

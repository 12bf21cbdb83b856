"""An experiment's plan: a base recipe, variants of it and seeds, read strictly from one YAML file.

::

    name: area-or-bilinear
    description: ...
    base: {recipe: multi-task-demo, changes: {augment.blur: {limit: 3, p: 0.2}}}
    seeds: [1, 2, 3]
    folds: null        # or a number: out-of-fold scores of all studies of no test set, instead of validation
    variants:
      area: {why: ..., changes: {input.interpolation: area}}
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ecgcore.data.fold import FEWEST_FOLDS
from ecgcore.errors import RecipeError
from ecgcore.training.recipe.input_section import ImageInput
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.strict import from_mapping, read_yaml, require

BASE = "base"

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# what says which model it is, which rows it is judged on, or what the plan itself decides
_KEPT = (
    "name",
    "description",
    "slot",
    "promotable",
    "start_from",
    "data",
    "model.family",
    "model.targets",
    "training.seed",
)


@dataclass(frozen=True)
class Arm:
    """A recipe of the plan.

    Args:
        name: ``base``, or the variant's.
        why: what it is there for.
        recipe: with the base recipe's seed; see :meth:`Plan.recipe`.
    """

    name: str
    why: str
    recipe: Recipe = field(repr=False)


@dataclass(frozen=True)
class Plan:
    """What is trained: each arm with each seed.

    Args:
        name: also of its folder.
        description: what it is to decide.
        seeds: at least one, none twice.
        folds: of a cross-validation, or None: then the validation rows are scored.
        arms: the base first, then the variants in the order of the file.
    """

    name: str
    description: str
    seeds: tuple[int, ...]
    folds: int | None
    arms: tuple[Arm, ...]

    @property
    def base(self) -> Arm:
        """What every variant is compared with."""
        return self.arms[0]

    @property
    def variants(self) -> tuple[Arm, ...]:
        """All arms but the base."""
        return self.arms[1:]

    def variant(self, name: str) -> Arm:
        """Return a variant by name.

        Raises:
            RecipeError: there is none of this name.
        """
        found = [arm for arm in self.variants if arm.name == name]
        if not found:
            names = ", ".join(arm.name for arm in self.variants)
            raise RecipeError(f"plan {self.name}", f"has no variant {name!r}", f"choose one of {names}")
        return found[0]

    def recipe(self, arm: Arm, seed: int) -> Recipe:
        """Return the arm's recipe with a seed."""
        return replace(arm.recipe, training=replace(arm.recipe.training, seed=seed))


@dataclass(frozen=True)
class _Base:
    recipe: str
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Variant:
    why: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class _File:
    name: str
    description: str
    base: _Base
    seeds: tuple[int, ...]
    variants: dict[str, _Variant]
    folds: int | None = None

    def __post_init__(self) -> None:
        for name in (self.name, *self.variants):
            require(bool(_NAME.fullmatch(name)), f"{name!r} is no name: lower-case letters, digits and dashes")
        require(BASE not in self.variants, f"a variant cannot be named {BASE!r}")
        require(len(self.variants) > 0, "variants names none")
        require(len(set(self.seeds)) == len(self.seeds) > 0, "seeds must name at least one, none twice")
        require(self.folds is None or self.folds >= FEWEST_FOLDS, f"folds must be {FEWEST_FOLDS} or more, or null")


def load_plan(path: Path | str, recipes: Path) -> Plan:
    """Read a plan.

    A change's key is the path of a value in the recipe (``optimiser.learning_rate``); the value there, or the whole
    section, is replaced. The base may be changed, too; variants change the changed base.

    Args:
        path: the YAML file.
        recipes: the folder of the base recipe.

    Raises:
        RecipeError: naming the file and the key: an unknown, missing or malformed one; a change of what must stay; a
            recipe that is wrong after its changes; a variant that equals the base or another one.
    """
    file = from_mapping(_File, read_yaml(path), path)
    source = recipes / f"{file.base.recipe}.yaml"
    original = Recipe.load(source)
    plain = changed(read_yaml(source), file.base.changes, f"{path}: base")
    base = from_mapping(Recipe, plain, f"{path}: base")
    arms = [Arm(BASE, f"{original.name}{' with changes' if file.base.changes else ''}", base)]
    for name, variant in file.variants.items():
        where = f"{path}: variant {name}"
        arms.append(Arm(name, variant.why, from_mapping(Recipe, changed(plain, variant.changes, where), where)))
    _check_kind(source, base)
    _check_different(path, arms)
    return Plan(file.name, file.description, file.seeds, file.folds, tuple(arms))


def changed(content: Mapping[str, Any], changes: Mapping[str, Any], source: object) -> dict[str, Any]:
    """Return a recipe's plain content with values replaced; ``content`` stays as it is.

    Raises:
        RecipeError: a path whose section the recipe lacks, or one that a variant must not change.
    """
    result = copy.deepcopy(dict(content))
    for path, value in changes.items():
        kept = next((k for k in _KEPT if f"{path}.".startswith(f"{k}.") or k.startswith(f"{path}.")), None)
        if kept:
            raise RecipeError(source, f"changes '{path}', and '{kept}' must stay", "compare models of one kind only")
        *parents, last = str(path).split(".")
        section: Any = result
        for name in parents:
            section = section.get(name) if isinstance(section, dict) else None
        if not isinstance(section, dict):
            raise RecipeError(source, f"changes '{path}', whose section the recipe lacks", "give the whole section")
        section[last] = copy.deepcopy(value)
    return result


def _check_kind(source: Path, base: Recipe) -> None:
    if not isinstance(base.input, ImageInput) or base.model.family.is_clinical or base.start_from is not None:
        rule = "reads more than an image, or starts from another recipe's weights"
        raise RecipeError(source, rule, "compare recipes that train a network on images from nothing or ImageNet")


def _check_different(path: Path | str, arms: list[Arm]) -> None:
    for later, arm in _pairs(arms):
        if later.recipe == arm.recipe:
            raise RecipeError(path, f"variant {later.name} equals {arm.name}", "change something, or take it out")


def _pairs(arms: list[Arm]) -> Iterator[tuple[Arm, Arm]]:
    return ((later, arm) for i, later in enumerate(arms) for arm in arms[:i])

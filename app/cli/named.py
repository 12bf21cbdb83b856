"""The files that a command names, checked before what takes seconds to import."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from ecgcore.errors import RecipeError
from ecgcore.settings import Settings
from ecgcore.training.recipe.strict import read_yaml


def check_named(
    settings: Settings,
    recipes: Sequence[str] = (),
    policy: str | None = None,
    overlay: str | None = None,
    readers: Path | None = None,
) -> None:
    """Check that recipes, policy and overlay are there, that recipes and overlay can be read at all, and the reads.

    Raises:
        RecipeError: one of them is not there, with those that are; or it is no YAML mapping; or a recipe is named
            twice.
        EvaluationError: the reads are wrong, see :func:`~ecgcore.evaluation.study.reads.load_reads`.
    """
    if len(set(recipes)) != len(recipes):
        raise RecipeError("recipes", f"are {list(recipes)}: each is named once", "correct --recipes")
    for path in (_existing(settings.deployments / "recipes", name) for name in recipes):
        read_yaml(path)
    if overlay is not None:
        read_yaml(_existing(settings.deployments / "overlays", overlay))
    if policy is not None:
        _existing(settings.deployments / "policies", policy)
    if readers is not None:
        _check_reads(readers)


def _check_reads(path: Path) -> None:
    from ecgcore.evaluation.study.reads import load_reads

    load_reads(path)


def _existing(folder: Path, name: str) -> Path:
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = sorted(each.stem for each in folder.glob("*.yaml"))
        raise RecipeError(path, "is not there", f"{_nearest(name, known)}name one of {folder.name}: {_listed(known)}")
    return path


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]}? Else " if near else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none is there"

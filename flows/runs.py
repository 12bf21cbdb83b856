"""The runs of recipes on a snapshot: where each is, and training those that are not finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from ecgcore.errors import RecipeError
from ecgcore.settings import Settings
from ecgcore.training.keeper import write_atomically
from ecgcore.training.recipefile import AnyRecipe, load_recipe
from ecgcore.training.rundir import RunDir
from flows.train import train
from tasks.deployment import deployment_exists, run_to_end

TRAIN = "train/train"


@dataclass(frozen=True)
class Run:
    """A recipe on a snapshot.

    Args:
        recipe: with the overlay's values.
        recipe_file: the file it was read from.
        path: its run directory; the same snapshot and recipe always give the same.
    """

    recipe: AnyRecipe
    recipe_file: Path
    path: Path

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    @property
    def finished(self) -> bool:
        """Whether it was trained to its end."""
        return RunDir(self.path).summary.exists()


def plan_runs(settings: Settings, snapshot_id: str, names: Sequence[str], overlay: str | None) -> tuple[Run, ...]:
    """Return the runs of the named recipes on a snapshot, in that order.

    Raises:
        RecipeError: a recipe or the overlay is not there or wrong, or a recipe is named twice.
    """
    if len(set(names)) != len(names) or not names:
        raise RecipeError("recipes", f"are {list(names)}: each is named once, at least one", "correct --recipes")
    over = settings.deployments / "overlays" / f"{overlay}.yaml" if overlay else None
    return tuple(_planned(settings, snapshot_id, settings.deployments / "recipes" / f"{n}.yaml", over) for n in names)


def _planned(settings: Settings, snapshot_id: str, file: Path, overlay: Path | None) -> Run:
    recipe = load_recipe(file, overlay)
    resolved = settings.folder("recipes") / f"{recipe.name}-{recipe.sha256[:8]}.yaml"
    if not resolved.exists():
        write_atomically(resolved, yaml.safe_dump(recipe.to_dict(), sort_keys=False))
    return Run(recipe, resolved, settings.folder("runs") / f"{recipe.name}-{snapshot_id}-{recipe.sha256[:8]}")


def trained(settings: Settings, snapshot_dir: Path, run: Run) -> Path:
    """Train a run to its end, on the GPU pool where there is one; a finished one is left alone.

    Raises:
        EcgError: the snapshot, the recipe or the training fails its checks.
    """
    parameters = {"snapshot_dir": str(snapshot_dir), "recipe_file": str(run.recipe_file), "run_dir": str(run.path)}
    if run.finished:
        return run.path
    if deployment_exists(TRAIN):
        run_to_end(TRAIN, parameters)
    else:
        train(**parameters)
    return run.path

"""The runs of recipes on a snapshot: where each is, and training those that are not finished."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from ecgcore import durable
from ecgcore.errors import RecipeError
from ecgcore.settings import Settings
from ecgcore.training.recipe.lineage import Lineage, load_lineage
from ecgcore.training.recipe.recipe_file import AnyRecipe
from ecgcore.training.rundir import RunDir


@dataclass(frozen=True)
class Run:
    """A recipe on a snapshot.

    Args:
        recipe: with the overlay's values.
        sha256: hash of the recipe and all that it starts from.
        recipe_file: a file that says the recipe, overlay included.
        path: its run directory; the same snapshot and recipes always give the same.
        start: the run it starts from, if any.
    """

    recipe: AnyRecipe
    sha256: str
    recipe_file: Path
    path: Path
    start: Run | None = None

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    @property
    def finished(self) -> bool:
        """Whether it was trained to its end."""
        return RunDir(self.path).summary.exists()

    @property
    def seconds(self) -> float:
        """Wall time of the training, which is finished."""
        return float(json.loads(RunDir(self.path).summary.read_text(encoding="utf-8"))["wall_s"])


def plan_runs(settings: Settings, snapshot_id: str, names: Sequence[str], overlay: str | None) -> tuple[Run, ...]:
    """Return the runs of the named recipes on a snapshot, in that order.

    Raises:
        RecipeError: a recipe or the overlay is not there or wrong, or a recipe is named twice.
    """
    if len(set(names)) != len(names) or not names:
        raise RecipeError("recipes", f"are {list(names)}: each is named once, at least one", "correct --recipes")
    return tuple(plan_run(settings, snapshot_id, lineage_of(settings, name, overlay)) for name in names)


def lineage_of(settings: Settings, name: str, overlay: str | None = None) -> Lineage:
    """Return a recipe of ``deployments/recipes`` and what it starts from, under an overlay if one is named.

    Raises:
        RecipeError: a recipe or the overlay is not there or wrong.
    """
    over = settings.deployments / "overlays" / f"{overlay}.yaml" if overlay else None
    return load_lineage(settings.deployments / "recipes" / f"{name}.yaml", over)


def plan_run(settings: Settings, snapshot_id: str, lineage: Lineage) -> Run:
    """Return the run of a recipe on a snapshot, with that which it starts from."""
    recipe = lineage.recipe
    resolved = settings.folder("recipes") / f"{recipe.name}-{recipe.sha256[:8]}.yaml"
    if not resolved.exists():
        durable.write_text(resolved, yaml.safe_dump(recipe.to_dict(), sort_keys=False))
    start = plan_run(settings, snapshot_id, lineage.before) if lineage.before else None
    return Run(recipe, lineage.sha256, resolved, settings.folder("runs") / lineage.run_name(snapshot_id), start)

"""Where a run is trained: on the GPU pool where there is one, else in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecgcore.models.published import check_required
from ecgcore.models.spec import Pretrained
from ecgcore.pages.stage_bar import stage_bar
from ecgcore.settings import Settings
from ecgcore.training.recipe.lineage import Lineage
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.recipe.table_recipe import TableRecipe
from ecgcore.training.train import device_of
from tasks.prefect.deployment import pool_of, run_to_end
from tasks.training.runs import Run

TRAIN = "train/train"


def check_weights(settings: Settings, lineage: Lineage) -> None:
    """Refuse recipes that require published weights which are not here, before anything is frozen.

    Where a GPU pool trains, its machine looks for its own when it begins.

    Raises:
        RecipeError: they are not here, or damaged.
    """
    networks = [recipe for recipe in lineage.recipes if isinstance(recipe, Recipe)]
    needy = [recipe.spec for recipe in networks if recipe.model.pretrained is Pretrained.REQUIRED]
    if needy and pool_of(TRAIN) is None:
        for spec in needy:
            check_required(spec, settings.pretrained_weights)


def trained(settings: Settings, snapshot_dir: Path, run: Run, here: Callable[..., object]) -> Path:
    """Train a run to its end; a finished one is left alone. A run that starts from another has that one trained first.

    Args:
        settings: name the device of this process.
        snapshot_dir: trained on.
        run: what to train, and where.
        here: the flow ``train``, called where its deployment is not there.

    Raises:
        EcgError: the snapshot, the recipe or the training fails its checks.
    """
    if run.finished:
        return run.path
    start = trained(settings, snapshot_dir, run.start, here) if run.start else None
    parameters: dict[str, Any] = {
        "snapshot_dir": str(snapshot_dir),
        "recipe_file": str(run.recipe_file),
        "run_dir": str(run.path),
        "start_dir": str(start) if start else None,
    }
    if pool := pool_of(TRAIN):
        _say(f"training {run.path.name} as deployment {TRAIN} on work pool {pool}")
        with stage_bar(f"train {run.path.name}"):
            run_to_end(TRAIN, parameters)
    else:
        _say(f"training {run.path.name} here on {_device(settings, run)}")
        here(**parameters)
    return run.path


def _device(settings: Settings, run: Run) -> str:
    return "cpu" if isinstance(run.recipe, TableRecipe) else device_of(settings.train_device).type


def _say(text: str) -> None:
    sys.stderr.write(f"ecg: {text}\n")

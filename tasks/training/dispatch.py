"""Where a run is trained: on the GPU pool where there is one, else in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecgcore.pages.stage_bar import stage_bar
from ecgcore.settings import Settings
from ecgcore.training.recipe.table_recipe import TableRecipe
from ecgcore.training.train import device_of
from tasks.prefect.deployment import pool_of, run_to_end
from tasks.training.runs import Run

TRAIN = "train/train"


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

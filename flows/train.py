"""Train one recipe on one snapshot. Runs on the work pool ``gpu``; started again, it goes on where it stopped."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from prefect import flow

from ecgcore.settings import Settings
from ecgcore.training.network.keeper import EpochReport
from ecgcore.training.recipe.table_recipe import TableRecipe
from ecgcore.training.train import device_of
from ecgcore.training.train import train as train_model
from tasks.prefect.artifacts import progress_bar
from tasks.prefect.deployment import pool_of, run_to_end
from tasks.prefect.environment import prepare
from tasks.training.commit import note_commit
from tasks.training.runs import Run

TRAIN = "train/train"


@flow(name="train", description="Snapshot and recipe -> run directory with the exported model.")
def train(snapshot_dir: str, recipe_file: str, run_dir: str, start_dir: str | None = None) -> str:
    """Train, and return the run directory.

    Args:
        snapshot_dir: a frozen snapshot.
        recipe_file: a recipe.
        run_dir: where everything goes; a killed training in it is resumed.
        start_dir: the finished run of the recipe that ``start_from`` names, where it names one.

    Raises:
        EcgError: the snapshot, the recipe or the training fails its checks.
    """
    settings = prepare()
    note_commit(Path(run_dir))
    with progress_bar("train-progress", f"training in {Path(run_dir).name}") as bar:

        def show(report: EpochReport) -> None:
            bar.show(report.epoch + 1, report.epochs, f"epoch {report.epoch + 1} of at most {report.epochs}")

        with redirect_stdout(sys.stderr):  # standard output is for results
            visible = sys.stderr.isatty()
            trained_in = train_model(
                snapshot_dir,
                recipe_file,
                run_dir,
                start=start_dir,
                weights=settings.pretrained_weights,
                device=settings.train_device,
                progress=visible,
                callback=show,
            )
            return str(trained_in)


def trained(settings: Settings, snapshot_dir: Path, run: Run) -> Path:
    """Train a run to its end, on the GPU pool where there is one; a finished one is left alone.

    A run that starts from another has that one trained first.

    Raises:
        EcgError: the snapshot, the recipe or the training fails its checks.
    """
    if run.finished:
        return run.path
    start = trained(settings, snapshot_dir, run.start) if run.start else None
    parameters: dict[str, Any] = {
        "snapshot_dir": str(snapshot_dir),
        "recipe_file": str(run.recipe_file),
        "run_dir": str(run.path),
        "start_dir": str(start) if start else None,
    }
    if pool := pool_of(TRAIN):
        _say(f"training {run.path.name} as deployment {TRAIN} on work pool {pool}")
        run_to_end(TRAIN, parameters)
    else:
        _say(f"training {run.path.name} here on {_device(settings, run)}")
        train(**parameters)
    return run.path


def _device(settings: Settings, run: Run) -> str:
    return "cpu" if isinstance(run.recipe, TableRecipe) else device_of(settings.train_device).type


def _say(text: str) -> None:
    sys.stderr.write(f"ecg: {text}\n")

"""Train one recipe on one snapshot. Runs on the work pool ``gpu``; started again, it goes on where it stopped."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

from prefect import flow

from ecgcore.training.keeper import EpochReport
from ecgcore.training.train import train as train_model
from flows.environment import prepare
from tasks.artifacts import progress_bar
from tasks.commit import note_commit


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
            device = settings.train_device
            return str(
                train_model(
                    snapshot_dir, recipe_file, run_dir, start=start_dir, device=device, progress=visible, callback=show
                )
            )

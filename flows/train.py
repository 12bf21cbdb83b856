"""Train one recipe on one snapshot. Runs on the work pool ``gpu``; started again, it goes on where it stopped."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

from prefect import flow

from ecgcore.pages.stage_bar import stage_bar
from ecgcore.training.network.keeper import EpochReport
from ecgcore.training.train import train as train_model
from tasks.prefect.artifacts import progress_bar
from tasks.prefect.environment import prepare
from tasks.prefect.run_page import ended, named
from tasks.training.commit import note_commit


@flow(
    name="train",
    flow_run_name=named(lambda given: f"train {Path(given['run_dir']).name}"),
    description="Snapshot and recipe -> run directory with the exported model.",
)
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
    settings, name = prepare(), Path(run_dir).name
    note_commit(Path(run_dir))
    last = "no epoch was left to train"
    with progress_bar("train-progress", f"training in {name}") as page, stage_bar(f"train {name}") as terminal:

        def show(report: EpochReport) -> None:
            nonlocal last
            last = f"epoch {report.epoch + 1} of at most {report.epochs}"
            page.show(report.epoch + 1, report.epochs, last)
            terminal(report.epoch + 1, report.epochs, last)

        with redirect_stdout(sys.stderr):  # standard output is for results
            train_model(
                snapshot_dir,
                recipe_file,
                run_dir,
                start=start_dir,
                weights=settings.pretrained_weights,
                device=settings.train_device,
                progress=False,
                callback=show,
            )
    return ended(run_dir, f"{name} is trained: {last}")

"""``train(snapshot, recipe, run directory)``: files in, files out. Calling it again resumes."""

from __future__ import annotations

import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import TQDMProgressBar

from ecgcore import durable
from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import TrainingError
from ecgcore.models.factory import Network, build
from ecgcore.models.published_weights import check_required
from ecgcore.models.spec import Pretrained
from ecgcore.training.network.chosen_point import choose_points
from ecgcore.training.network.chosen_weights import choose_candidate
from ecgcore.training.network.determinism import reproducible
from ecgcore.training.network.export import export_golden, export_model
from ecgcore.training.network.keeper import EpochCallback, Keeper
from ecgcore.training.network.loss import MultiTargetLoss, class_weights
from ecgcore.training.network.material import gather
from ecgcore.training.network.module import TrainingModule
from ecgcore.training.network.start import Start
from ecgcore.training.network.summary import MadeWith, summary_json
from ecgcore.training.recipe.recipe import Precision, Recipe, TrainingSection
from ecgcore.training.recipe.recipe_file import AnyRecipe, load_recipe
from ecgcore.training.recipe.table_recipe import TableRecipe
from ecgcore.training.rundir import RunDir
from ecgcore.training.table.table_train import train_table

log = logging.getLogger(__name__)


def train(
    snapshot_dir: Path | str,
    recipe: AnyRecipe | Path | str,
    run_dir: Path | str,
    *,
    start: Path | str | None = None,
    weights: Path | None = None,
    device: str | None = None,
    progress: bool = True,
    callback: EpochCallback | None = None,
) -> Path:
    """Train what a recipe says on a snapshot, and leave everything in ``run_dir`` (docs/architecture/training.md).

    Killed at any moment, calling it again goes on from the last finished epoch and ends with the same weights (bit for
    bit on a CPU with the same number of threads); a table model, which takes seconds, starts again and ends with the
    same trees. A finished run returns at once.

    A target that no training study has a label of leaves its head untrained, with a warning: the predictor's directory
    needs the head, and a gate on that target fails for want of evidence.

    Args:
        snapshot_dir: a snapshot directory; only its ``cache`` folder is written to.
        recipe: a recipe or its file.
        run_dir: created if missing.
        start: run directory of the recipe that ``start_from`` names, finished, of the same snapshot; needed there only.
        weights: a folder with published weights, see :mod:`ecgcore.models.published_weights`; the hub's cache is looked
            into as well.
        device: ``cpu`` or ``cuda``; a GPU if there is one by default. Table models always use the CPU.
        progress: show bars.
        callback: called after each epoch, once its checkpoint is safe. What it raises ends the training.

    Returns:
        ``run_dir``.

    Raises:
        SnapshotError: the snapshot is incomplete or was altered.
        LeakError: a test patient would reach training.
        RecipeError: the recipe is wrong, or requires published weights that this machine does not have.
        TrainingError: no usable rows, one class only of a target, another run's directory, a start that is missing or
            does not fit, a loss that is not finite, no such device.
    """
    recipe = recipe if isinstance(recipe, Recipe | TableRecipe) else load_recipe(recipe)
    snapshot, run = Snapshot.open(snapshot_dir), RunDir(Path(run_dir))
    snapshot.leak_check()
    first = _start(recipe, start, snapshot)
    if isinstance(recipe, Recipe) and not (run.summary.exists() or run.checkpoint.exists()):
        check_required(recipe.spec, weights)
    with run.locked():
        run.claim(snapshot, recipe, first.to_dict() if first else None)
        if run.summary.exists():
            log.info("%s is finished already", run.path)
            return run.path
        _clear_partials(run)
        if isinstance(recipe, TableRecipe):
            train_table(snapshot, recipe, run, callback)
            return run.path
        where = device_of(device)
        with reproducible(recipe.training.seed, recipe.training.num_threads, where):
            _train(snapshot, recipe, run, first, weights, where, progress, callback)
    return run.path


def _start(recipe: AnyRecipe, path: Path | str | None, snapshot: Snapshot) -> Start | None:
    if (recipe.start_from is None) is not (path is None):
        rule = f"starts from {recipe.start_from or 'none'}, but {path or 'no run'} is given to start from"
        raise TrainingError(f"recipe {recipe.name}", rule, "pass start= where the recipe says start_from, only there")
    if path is None or not isinstance(recipe, Recipe):
        return None
    return Start.open(path, recipe, snapshot)


def _train(
    snapshot: Snapshot,
    recipe: Recipe,
    run: RunDir,
    start: Start | None,
    published: Path | None,
    device: torch.device,
    progress: bool,
    callback: EpochCallback | None,
) -> None:
    material = gather(snapshot, recipe, progress)
    network = _first_network(recipe, start, published, resumed=run.checkpoint.exists())
    weights = class_weights(recipe.loss.class_weights, material.train.label_counts())
    ratio = {target: recipe.loss.ratio[target] for target in recipe.model.targets}
    module = TrainingModule(network, recipe, material, MultiTargetLoss(ratio, weights))
    keeper = Keeper(
        run.checkpoint, run.metrics, recipe.training.epochs, recipe.training.early_stopping_patience, callback
    )
    precision = _precision(recipe.training.precision, device)
    step = _fit(module, keeper, run, _trainer(module, keeper, run, device, precision, progress))
    module.to(device)
    candidate = choose_candidate(module, keeper)
    found = candidate.validation
    points = choose_points(recipe.operating_point, found.logits, found.labels, recipe.model.bias_head)
    lines = {target: point.line for target, point in points.items()}
    export_model(network, recipe, material, run.model, lines, weights, keeper.best_epoch, step)
    export_golden(run.model, run.golden, recipe, snapshot, material.valid)
    made_with = MadeWith(snapshot, recipe, start, device, precision, step)
    durable.write_text(run.summary, summary_json(made_with, module, keeper, candidate, points))


def _first_network(recipe: Recipe, start: Start | None, published: Path | None, resumed: bool) -> Network:
    """Return the network as a training begins; a resumed one brings its own weights."""
    spec = recipe.spec
    network = build(replace(spec, pretrained=Pretrained.NONE if resumed else spec.pretrained), published)
    if start is not None and not resumed:
        start.load_into(network)
    return network


def _fit(module: TrainingModule, keeper: Keeper, run: RunDir, trainer: pl.Trainer) -> int:
    """Train the epochs that are left, and return the optimiser steps done in all."""
    resume = str(run.checkpoint) if run.checkpoint.exists() else None
    if resume:
        saved = torch.load(resume, map_location="cpu", weights_only=True)
        keeper.load_state_dict(saved["callbacks"][keeper.state_key])
        module.on_load_checkpoint(saved)
        log.info("resuming %s after epoch %d", run.path, len(keeper.history) - 1)
        if keeper.finished:
            return int(saved["global_step"])
    with _quiet():
        trainer.fit(module, ckpt_path=resume)
    if not keeper.finished:
        raise TrainingError(run.path, "the training was interrupted", "start it again; it goes on from its last epoch")
    return int(trainer.global_step)


def _trainer(
    module: TrainingModule, keeper: Keeper, run: RunDir, device: torch.device, precision: str, progress: bool
) -> pl.Trainer:
    training = module.recipe.training
    with _quiet():
        return _build_trainer(training, [keeper], run, device, precision, progress)


def _build_trainer(
    training: TrainingSection,
    callbacks: list[pl.Callback],
    run: RunDir,
    device: torch.device,
    precision: str,
    progress: bool,
) -> pl.Trainer:
    return pl.Trainer(
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=[device.index or 0] if device.type == "cuda" else 1,
        precision=precision,  # type: ignore[arg-type]
        max_epochs=training.epochs,
        accumulate_grad_batches=training.accumulate,
        callbacks=[*callbacks, *([TQDMProgressBar(refresh_rate=10)] if progress else [])],
        reload_dataloaders_every_n_epochs=1,
        num_sanity_val_steps=0,
        benchmark=device.type == "cuda",
        inference_mode=False,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=progress,
        default_root_dir=run.path,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's banners and its advice on data loader workers, which we do not use, out of the log."""
    speaker = logging.getLogger("lightning.pytorch")
    level = speaker.level
    speaker.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            warnings.filterwarnings("ignore", message=".*LeafSpec.*")
            yield
    finally:
        speaker.setLevel(level)


def device_of(wanted: str | None) -> torch.device:
    """Return the device of a training: ``cpu`` or ``cuda`` as wanted, a GPU if there is one by default.

    Raises:
        TrainingError: a GPU is wanted, and torch sees none.
    """
    there = torch.cuda.is_available()
    device = torch.device(wanted or ("cuda" if there else "cpu"))
    if device.type == "cuda" and not there:
        raise TrainingError(
            f"device {wanted}",
            "torch sees no GPU here",
            "run it on the GPU machine, repair its driver, or want the cpu (ECG_TRAIN_DEVICE)",
        )
    return device


def _precision(wanted: Precision, device: torch.device) -> str:
    if wanted is not Precision.AUTO:
        return wanted.value
    if device.type != "cuda":
        return Precision.FULL.value
    has_bfloat = torch.cuda.is_bf16_supported(including_emulation=False)
    return (Precision.BFLOAT_MIXED if has_bfloat else Precision.HALF_MIXED).value


def _clear_partials(run: RunDir) -> None:
    """Remove what a killed export left; nobody else is here, because the directory is locked."""
    for left in run.path.glob(".*.partial-*"):
        shutil.rmtree(left)

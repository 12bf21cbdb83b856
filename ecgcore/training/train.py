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

from ecgcore.data.cache import CacheSpec, ImageCache, open_cache
from ecgcore.data.dataset import ImageDataset, image_dataset
from ecgcore.data.snapshot import Snapshot, Split
from ecgcore.errors import TrainingError
from ecgcore.models.factory import build
from ecgcore.training.candidate import choose_candidate
from ecgcore.training.determinism import reproducible
from ecgcore.training.export import calibrate, export_golden, export_model
from ecgcore.training.keeper import EpochCallback, Keeper, write_atomically
from ecgcore.training.loss import MultiTargetLoss, class_weights
from ecgcore.training.module import ImageModule
from ecgcore.training.recipe import Precision, Recipe, TrainingSection
from ecgcore.training.recipefile import AnyRecipe, load_recipe
from ecgcore.training.rundir import RunDir
from ecgcore.training.summary import MadeWith, summary_json
from ecgcore.training.tablerecipe import TableRecipe
from ecgcore.training.tabletrain import train_table

log = logging.getLogger(__name__)

_UNLABELLED = {
    Split.TRAIN: "%s: no train study has this label; its head learns nothing and what it answers means nothing",
    Split.VALID: "%s: no valid study has this label; it cannot be judged there",
}


def train(
    snapshot_dir: Path | str,
    recipe: AnyRecipe | Path | str,
    run_dir: Path | str,
    *,
    device: str | None = None,
    progress: bool = True,
    callback: EpochCallback | None = None,
) -> Path:
    """Train what the recipe says on a snapshot, and leave everything in ``run_dir`` (see docs/architecture.md).

    Killed at any moment, calling it again goes on from the last finished epoch and ends with the same weights (bit for
    bit on a CPU with the same number of threads); a table model, which takes seconds, starts again and ends with the
    same trees. A finished run returns at once.

    A target that no training study has a label of leaves its head untrained, with a warning: the predictor's directory
    needs the head, and a gate on that target fails for want of evidence.

    Args:
        snapshot_dir: a snapshot directory; only its ``cache`` folder is written to.
        recipe: a recipe or its file.
        run_dir: created if missing.
        device: ``cpu`` or ``cuda``; a GPU if there is one by default. Table models always use the CPU.
        progress: show bars.
        callback: called after each epoch, once its checkpoint is safe. What it raises ends the training.

    Returns:
        ``run_dir``.

    Raises:
        SnapshotError: the snapshot is incomplete or was altered.
        LeakError: a test patient would reach training.
        RecipeError: the recipe is wrong.
        TrainingError: no usable rows, one class only of a target, another run's directory, a loss that is not finite,
            no such device.
    """
    recipe = recipe if isinstance(recipe, Recipe | TableRecipe) else load_recipe(recipe)
    snapshot, run = Snapshot.open(snapshot_dir), RunDir(Path(run_dir))
    snapshot.leak_check()
    with run.locked():
        run.claim(snapshot, recipe)
        if run.summary.exists():
            log.info("%s is finished already", run.path)
            return run.path
        _clear_partials(run)
        if isinstance(recipe, TableRecipe):
            train_table(snapshot, recipe, run, callback)
            return run.path
        _check_trainable(recipe)
        where = _device(device)
        with reproducible(recipe.training.seed, recipe.training.num_threads, where):
            _train(snapshot, recipe, run, where, progress, callback)
    return run.path


def _check_trainable(recipe: Recipe) -> None:
    if recipe.model.family.is_clinical or recipe.model.family.is_signal or recipe.start_from:
        raise TrainingError(
            f"recipe {recipe.name}",
            "clinical, signal and transferred recipes cannot be trained yet",
            "train an image recipe that starts from none",
        )


def _train(
    snapshot: Snapshot,
    recipe: Recipe,
    run: RunDir,
    device: torch.device,
    progress: bool,
    callback: EpochCallback | None,
) -> None:
    train_set, valid_set = _datasets(snapshot, recipe, progress)
    spec = recipe.model.spec
    network = build(
        replace(spec, pretrained=spec.pretrained and not run.checkpoint.exists())
    )  # resuming brings its own
    weights = class_weights(recipe.loss.class_weights, train_set.label_counts())
    ratio = {target: recipe.loss.ratio[target] for target in recipe.model.targets}
    module = ImageModule(network, recipe, train_set, valid_set, MultiTargetLoss(ratio, weights))
    keeper = Keeper(
        run.checkpoint, run.metrics, recipe.training.epochs, recipe.training.early_stopping_patience, callback
    )
    precision = _precision(recipe.training.precision, device)
    step = _fit(module, keeper, run, _trainer(module, keeper, run, device, precision, progress))
    module.to(device)
    candidate = choose_candidate(module, keeper)
    temperatures = calibrate(candidate.validation)
    values = {target: found.value for target, found in temperatures.items()}
    export_model(network, recipe, run.model, values, weights, keeper.best_epoch, step)
    export_golden(run.model, run.golden, recipe, snapshot, valid_set)
    made_with = MadeWith(snapshot, recipe, device, precision, step)
    write_atomically(run.summary, summary_json(made_with, module, keeper, candidate, temperatures))


def _fit(module: ImageModule, keeper: Keeper, run: RunDir, trainer: pl.Trainer) -> int:
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
    module: ImageModule, keeper: Keeper, run: RunDir, device: torch.device, precision: str, progress: bool
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


def _datasets(snapshot: Snapshot, recipe: Recipe, progress: bool) -> tuple[ImageDataset, ImageDataset]:
    cache = _cache(snapshot, recipe, progress)
    parts = []
    for split in (Split.TRAIN, Split.VALID):
        part = image_dataset(snapshot, cache, split, recipe.model.targets, recipe.data.formats)
        _check_rows(snapshot, split, part)
        parts.append(part)
    return parts[0], parts[1]


def _cache(snapshot: Snapshot, recipe: Recipe, progress: bool) -> ImageCache:
    size = recipe.image_input
    images = {sha: snapshot.image_path(sha) for sha in snapshot.studies["image_sha256"].unique()}
    spec = CacheSpec(size.height, size.width, size.interpolation.flag)
    return open_cache(snapshot.path / "cache", spec, images, progress=progress)


def _check_rows(snapshot: Snapshot, split: Split, part: ImageDataset) -> None:
    for target, (negatives, positives) in part.label_counts().items():
        if negatives + positives == 0:
            log.warning(_UNLABELLED[split], target)
        elif split is Split.TRAIN and not (negatives and positives):
            raise TrainingError(
                f"snapshot {snapshot.id}",
                f"its {split.value} studies have {negatives} negatives and {positives} positives of {target}",
                "both classes are needed; add labelled studies, or take the target out of the recipe",
            )
    if len(part) < 2:
        raise TrainingError(
            f"snapshot {snapshot.id}",
            f"split {split.value} has {len(part)} usable studies",
            "freeze a snapshot with labelled studies of the recipe's formats in train and in valid",
        )


def _device(wanted: str | None) -> torch.device:
    there = torch.cuda.is_available()
    device = torch.device(wanted or ("cuda" if there else "cpu"))
    if device.type == "cuda" and not there:
        raise TrainingError(
            f"device {wanted}", "torch sees no GPU here", "pass device='cpu', or run it on the GPU machine"
        )
    return device


def _precision(wanted: Precision, device: torch.device) -> str:
    if wanted is not Precision.AUTO:
        return wanted.value
    if device.type != "cuda":
        return Precision.FULL.value
    return (Precision.BFLOAT_MIXED if torch.cuda.is_bf16_supported() else Precision.HALF_MIXED).value


def _clear_partials(run: RunDir) -> None:
    """Remove what a killed export left; nobody else is here, because the directory is locked."""
    for left in run.path.glob(".*.partial-*"):
        shutil.rmtree(left)

"""One training step, one validation step: the recipe as a Lightning module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import nn

from ecgcore.data.dataset import StudyDataset
from ecgcore.data.loader import Batch, Inputs, Loader, ordered_loader, train_loader
from ecgcore.errors import TrainingError
from ecgcore.training.augment.augmenter import Augmenter
from ecgcore.training.augment.mixup import Mixup
from ecgcore.training.network.average import WeightAverage, borrowed_weights
from ecgcore.training.network.loss import MultiTargetLoss
from ecgcore.training.network.material import Material
from ecgcore.training.network.schedule import Schedule
from ecgcore.training.network.validation import Validation, ValidationGatherer
from ecgcore.training.recipe.augment_section import AugmentSection
from ecgcore.training.recipe.recipe import Averaging, Recipe


class TrainingModule(pl.LightningModule):
    """Trains a network on one data set and validates it on another.

    Args:
        network: normalised inputs -> logits ``(B, 2)`` per target.
        recipe: determines everything else.
        material: the two data sets and the preprocessing.
        criterion: the loss.

    Attributes:
        validation: scores of the last validation.
        average: the running average of the weights.
        pretrained_loaded: whether the first weights were published ones.
        waited_s: seconds of training spent waiting for data.
    """

    def __init__(self, network: nn.Module, recipe: Recipe, material: Material, criterion: MultiTargetLoss) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)
        self.recipe, self.material, self.criterion = recipe, material, criterion
        self.train_set, self.valid_set, self.transform = material.train, material.valid, material.transform
        train = material.train
        self.augment = _augmenter(recipe, train)
        mixup = recipe.augment.mixup
        self.mixup = Mixup(mixup, len(train), recipe.training.seed) if mixup else None
        self.average = WeightAverage()
        self.validation: Validation | None = None
        self.pretrained_loaded = bool(getattr(network, "pretrained_loaded", False))
        self.waited_s = 0.0
        self.schedule = schedule(recipe, len(train), self.swa_start)
        self._loader: Loader | None = None
        self._gatherer = ValidationGatherer(criterion)
        self._borrowed: Any = None
        self._loss_sum = torch.zeros(())
        self._samples = 0
        self._averaged_step = 0

    # data

    def train_dataloader(self) -> Loader:
        """Return the current epoch's batches; Lightning asks anew for each epoch."""
        training = self.recipe.training
        self._settle_waiting()
        self._loader = train_loader(self.train_set, training.batch_size, training.seed, self.current_epoch, self._pin)
        return self._loader

    def val_dataloader(self) -> Loader:
        """Return the validation rows in file order."""
        return ordered_loader(self.valid_set, self.recipe.training.batch_size, self._pin)

    @property
    def _pin(self) -> bool:
        return bool(self.trainer.strategy.root_device.type == "cuda")

    def _settle_waiting(self) -> None:
        if self._loader is not None:
            self.waited_s += self._loader.waited_s
            self._loader = None

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Send uint8 pixels, a quarter of the bytes of floats; they are normalised there."""
        return batch.to(device)

    # steps

    def forward(self, inputs: Inputs) -> Mapping[str, torch.Tensor]:
        """Return logits ``(B, 2)`` per target."""
        with torch.autocast(inputs.recordings.device.type, enabled=False):
            normalised, *features = inputs.normalised(self.transform)
        logits: Mapping[str, torch.Tensor] = self.network(_laid_out(normalised), *features)
        return logits

    def on_train_epoch_start(self) -> None:
        """Seed what a network may draw (dropout), as a function of (seed, epoch)."""
        torch.manual_seed((self.recipe.training.seed << 16) + self.current_epoch)
        self._loss_sum, self._samples = torch.zeros((), device=self.device), 0

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Return the loss of one batch."""
        if batch.epoch != self.current_epoch:
            raise TrainingError(
                f"epoch {self.current_epoch}",
                f"got a batch of epoch {batch.epoch}",
                "report this as a fault of the program",
            )
        with torch.autocast(self.device.type, enabled=False):
            recordings = self.augment(batch.inputs.recordings, batch.indices, batch.epoch)
        loss = self.criterion.combine(self._losses(replace(batch.inputs, recordings=recordings), batch))
        self._loss_sum += loss.detach() * len(batch.labels)
        self._samples += len(batch.labels)
        return loss

    def _losses(self, inputs: Inputs, batch: Batch) -> Mapping[str, torch.Tensor]:
        if self.mixup is None:
            return self.criterion.per_target(self(inputs), batch.labels)
        mixed = self.mixup(inputs.recordings, batch.indices, batch.epoch)
        logits = self(replace(inputs, recordings=mixed.images))
        return self.criterion.per_target_mixed(logits, batch.labels, mixed.partner, mixed.share)

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Fold the weights into the exponential average after each optimiser step."""
        averaging = self.recipe.training.weight_averaging
        if averaging.kind is Averaging.EMA and self.global_step > self._averaged_step:
            assert averaging.decay is not None
            self.average.update_exponential(self.network, averaging.decay)
            self._averaged_step = self.global_step

    @property
    def train_loss(self) -> float:
        """Mean training loss per sample of the epoch so far."""
        return float(self._loss_sum) / max(1, self._samples)

    @property
    def learning_rate(self) -> float:
        """Rate of the last optimiser step."""
        return self.recipe.optimiser.learning_rate * self.schedule.factor(self.global_step - 1)

    @property
    def exported_state(self) -> dict[str, torch.Tensor] | None:
        """The averaged weights, if it is these that are validated; None for the network's own."""
        return self.average.state if self.recipe.training.weight_averaging.kind is Averaging.EMA else None

    def on_validation_epoch_start(self) -> None:
        """Validate the averaged weights where the recipe asks for an exponential average."""
        self._gatherer = ValidationGatherer(self.criterion)
        self._borrowed = borrowed_weights(self.network, self.exported_state)
        self._borrowed.__enter__()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Gather the logits of one batch."""
        self._gatherer.add(self(batch.inputs), batch.labels)

    def on_validation_epoch_end(self) -> None:
        """Score all rows at once and give the network its own weights back."""
        self._borrowed.__exit__(None, None, None)
        self.validation = self._gatherer.result()

    def end_epoch(self) -> None:
        """Fold the epoch's last weights into the equal average where the recipe asks for it."""
        if self.recipe.training.weight_averaging.kind is Averaging.SWA and self.current_epoch >= self.swa_start:
            self.average.update_equal(self.network)
        self._settle_waiting()

    # optimiser

    @property
    def swa_start(self) -> int:
        """First epoch whose weights enter the equal average."""
        return int((self.recipe.training.weight_averaging.start or 0.0) * self.recipe.training.epochs)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Return AdamW and the schedule, which moves once per optimiser step."""
        optimiser = torch.optim.AdamW(
            self.network.parameters(),
            lr=self.recipe.optimiser.learning_rate,
            weight_decay=self.recipe.optimiser.weight_decay,
        )
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, self.schedule.factor)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    # checkpoint

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the average, the waiting time, and where the first weights came from."""
        checkpoint["average"] = self.average.state_dict()
        checkpoint["pretrained_loaded"] = self.pretrained_loaded
        checkpoint["averaged_step"], checkpoint["waited_s"] = self._averaged_step, self.waited_s

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take them back."""
        self.average.load_state_dict(checkpoint["average"])
        self.pretrained_loaded = checkpoint["pretrained_loaded"]
        self._averaged_step, self.waited_s = checkpoint["averaged_step"], checkpoint["waited_s"]


def _augmenter(recipe: Recipe, train: StudyDataset) -> Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor]:
    """Return what changes the training recordings; without a section of ``augment`` they stay as they are."""
    if replace(recipe.augment, mixup=None) == AugmentSection():
        return lambda recordings, indices, epoch: recordings
    return Augmenter(recipe.augment, train.formats, recipe.training.seed)


def _laid_out(normalised: torch.Tensor) -> torch.Tensor:
    """Return images channels last, in which convolutions are faster; signals as they are."""
    return normalised.contiguous(memory_format=torch.channels_last) if normalised.ndim == 4 else normalised


def steps_per_epoch(recipe: Recipe, samples: int) -> int:
    """Return the number of optimiser steps in one pass over ``samples``."""
    batches = -(-samples // recipe.training.batch_size)
    return -(-batches // recipe.training.accumulate)


def schedule(recipe: Recipe, samples: int, swa_start: int) -> Schedule:
    """Return the learning-rate schedule of a whole training."""
    per_epoch, rate = steps_per_epoch(recipe, samples), recipe.training.weight_averaging.learning_rate
    return Schedule(
        total=per_epoch * recipe.training.epochs,
        warmup=recipe.schedule.warmup_steps,
        decay=recipe.schedule.decay,
        hold_from=None if rate is None else swa_start * per_epoch,
        hold=1.0 if rate is None else rate / recipe.optimiser.learning_rate,
    )

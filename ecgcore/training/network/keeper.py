"""Keeps the best weights, the history and a checkpoint of every epoch, and says when to stop."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pandas as pd

from ecgcore import durable
from ecgcore.errors import TrainingError
from ecgcore.training.network.average import State, clone_state
from ecgcore.training.network.module import TrainingModule
from ecgcore.training.network.validation import Validation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EpochReport:
    """What a training tells after each epoch.

    Args:
        epoch: 0-based.
        epochs: the most there will be.
        metrics: the epoch's line of ``metrics.csv``.
    """

    epoch: int
    epochs: int
    metrics: dict[str, float]


EpochCallback = Callable[[EpochReport], None]


class Keeper(pl.Callback):
    """Selection by validation loss.

    Best is the epoch with the lowest validation loss, the earlier one of equals. Training stops after ``patience``
    epochs in a row that are not better than the best before them.

    Args:
        checkpoint: file to write after each epoch.
        metrics: CSV file to write after each epoch.
        epochs: at most so many.
        patience: see above; None never stops.
        report: called after each epoch, when its checkpoint is safe.

    Attributes:
        best_epoch: 0-based; -1 before the first.
        best_loss: its validation loss.
        best_state: its weights (the averaged ones where these are validated), on the CPU.
        history: one line of metrics per epoch.
        seconds: wall time so far, interrupted parts that were lost not counted.
        stopped: early stopping has struck.
    """

    def __init__(
        self, checkpoint: Path, metrics: Path, epochs: int, patience: int | None, report: EpochCallback | None = None
    ) -> None:
        self._checkpoint, self._metrics = checkpoint, metrics
        self._epochs, self._patience, self._report = epochs, patience, report
        self.best_epoch, self.best_loss = -1, math.inf
        self.best_state: State | None = None
        self.history: list[dict[str, float]] = []
        self.seconds = 0.0
        self.stopped = False
        self._since = time.monotonic()

    @property
    def finished(self) -> bool:
        """Whether no epoch is left to train."""
        return self.stopped or len(self.history) >= self._epochs

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._since = time.monotonic()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Compare the epoch with the best one."""
        module, validation = _parts(pl_module)
        self._add_history(trainer, module, validation)
        if validation.loss < self.best_loss:
            self.best_epoch, self.best_loss = trainer.current_epoch, validation.loss
            self.best_state = module.exported_state and {
                k: v.to("cpu", copy=True) for k, v in module.exported_state.items()
            }
            self.best_state = self.best_state or clone_state(module.network)
        waited = trainer.current_epoch - self.best_epoch
        self.stopped = trainer.should_stop = self._patience is not None and waited >= self._patience

    def _add_history(self, trainer: pl.Trainer, module: TrainingModule, validation: Validation) -> None:
        now = time.monotonic()
        self.seconds, self._since = self.seconds + now - self._since, now
        line = {
            "epoch": trainer.current_epoch,
            "learning_rate": module.learning_rate,
            "train_loss": module.train_loss,
            "valid_loss": validation.loss,
            **{f"valid_loss_{t}": v for t, v in validation.losses.items()},
            **{f"valid_auc_{t}": v for t, v in validation.aucs.items()},
            "seconds": self.seconds,
        }
        _require_finite(line)
        self.history.append(line)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Make the epoch permanent, then tell."""
        _parts(pl_module)[0].end_epoch()
        save_atomically(trainer, self._checkpoint)
        durable.write_text(self._metrics, pd.DataFrame(self.history).to_csv(index=False))
        last = self.history[-1]
        log.info(
            "epoch %d: %s", trainer.current_epoch, ", ".join(f"{k} {v:.4g}" for k, v in last.items() if k != "epoch")
        )
        if self._report is not None:
            self._report(EpochReport(trainer.current_epoch, self._epochs, dict(last)))

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        names = ("best_epoch", "best_loss", "best_state", "history", "seconds", "stopped")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it back."""
        for name, value in state_dict.items():
            setattr(self, name, value)


def _parts(module: pl.LightningModule) -> tuple[TrainingModule, Validation]:
    assert isinstance(module, TrainingModule) and module.validation is not None
    return module, module.validation


def _require_finite(line: dict[str, float]) -> None:
    for name in ("train_loss", "valid_loss"):
        if not math.isfinite(line[name]):
            raise TrainingError(
                f"epoch {int(line['epoch'])}",
                f"{name} is {line[name]}",
                "lower optimiser.learning_rate, or train with training.precision '32'",
            )


def save_atomically(trainer: pl.Trainer, path: Path) -> None:
    """Write a checkpoint so that ``path`` always holds a whole one."""
    partial = path.with_suffix(".partial")
    trainer.save_checkpoint(partial)
    durable.publish(partial, path)

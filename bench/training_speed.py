"""Training images per second of a recipe, beside its network on tensors already there; and its wait for data."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import lightning.pytorch as pl
import torch

from bench.bench_part import Part
from bench.effort import Effort
from bench.line import Line, Sense, Target
from bench.made_cache import as_dataset, make_cache
from bench.made_reports import Ward
from bench.stopwatch import seconds_of
from ecgcore.data.cache_spec import ImageSpec
from ecgcore.data.dataset import StudyDataset
from ecgcore.models.factory import build
from ecgcore.models.spec import Pretrained
from ecgcore.training.network.loss import MultiTargetLoss
from ecgcore.training.network.material import Material
from ecgcore.training.network.module import TrainingModule
from ecgcore.training.recipe.recipe import Recipe

_WAITING = Target(Sense.AT_MOST, 5)


class StepClock(pl.Callback):
    """When each step began, Lightning's own work included."""

    def __init__(self) -> None:
        self.started: list[float] = []

    def on_train_batch_start(self, *_: Any) -> None:
        self.started.append(time.perf_counter())

    def on_train_epoch_end(self, *_: Any) -> None:
        self.started.append(time.perf_counter())

    @property
    def steps(self) -> list[float]:
        """Seconds of every step but the first, which warms up."""
        return [b - a for a, b in zip(self.started[1:], self.started[2:], strict=False)]


def measure_training(ward: Ward, effort: Effort, recipes: Path) -> list[Line]:
    """Measure each recipe on the CPU with all its threads.

    Raises:
        RecipeError: a recipe cannot be read.
    """
    named = [(_unwarmed(Recipe.load(recipes / f"{name}.yaml")), steps) for name, steps in effort.train_steps]
    return [line for recipe, steps in named for line in _recipe_lines(ward, recipe, steps, effort.repeats)]


def _unwarmed(recipe: Recipe) -> Recipe:
    """Return the recipe without warm-up, which a few steps would not finish and which does not change their time."""
    return replace(recipe, schedule=replace(recipe.schedule, warmup_steps=0))


def _recipe_lines(ward: Ward, recipe: Recipe, steps: int, repeats: int) -> list[Line]:
    size = recipe.image_input
    samples = recipe.training.batch_size * (steps + 1)
    cache = make_cache(ward, ImageSpec(size.height, size.width, size.interpolation.flag), samples)
    data = as_dataset(cache, tuple(recipe.model.targets))
    real, bare, waits = [], [], []
    for _ in range(repeats):
        seconds, waited = _real_steps(recipe, data)
        real += seconds
        waits.append(waited)
        bare += _bare_steps(recipe, steps)
    rates = [recipe.training.batch_size / median(each) for each in (real, bare)]
    shape = f"{size.height} x {size.width} px, batches of {recipe.training.batch_size}, {recipe.model.backbone}"
    return [
        Line(
            Part.TRAINING, recipe.name, rates[0], "images/s", rates[1], "same network, random tensors",
            rates[0] / rates[1], None, f"{shape}; loading, augmentation, normalising and Lightning included",
        ),
        Line(
            Part.TRAINING, f"{recipe.name}, waiting for data", 100 * median(waits), "% of a step", target=_WAITING,
            note="the first batch of an epoch, which nothing can hide, included",
        ),
    ]  # fmt: skip


def _module(recipe: Recipe, data: StudyDataset) -> TrainingModule:
    ratio = {target: recipe.loss.ratio[target] for target in recipe.model.targets}
    weights = {target: torch.ones(2) for target in recipe.model.targets}
    material = Material(data, data, recipe.image_input.transform)
    return TrainingModule(build(_spec(recipe)), recipe, material, MultiTargetLoss(ratio, weights))


def _spec(recipe: Recipe) -> Any:
    return replace(recipe.spec, pretrained=Pretrained.NONE)  # the weights' values do not change the time


def _real_steps(recipe: Recipe, data: StudyDataset) -> tuple[list[float], float]:
    """Return the seconds of each step and the share of an epoch that waited for data."""
    module, clock = _module(recipe, data), StepClock()
    with _quiet():
        trainer = pl.Trainer(
            accelerator="cpu", devices=1, max_epochs=1, limit_val_batches=0, logger=False, enable_checkpointing=False,
            enable_model_summary=False, enable_progress_bar=False, callbacks=[clock], inference_mode=False,
            accumulate_grad_batches=recipe.training.accumulate,
        )  # fmt: skip
        start = time.perf_counter()
        trainer.fit(module, train_dataloaders=None)
    module.end_epoch()
    return clock.steps, module.waited_s / (clock.started[-1] - min(start, clock.started[0]))


def _bare_steps(recipe: Recipe, steps: int) -> list[float]:
    """Return the seconds of forward, backward and AdamW on one random batch, the first step left out."""
    network = build(_spec(recipe)).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.optimiser.learning_rate)
    size = recipe.image_input
    planes = torch.randn(recipe.training.batch_size, 3, size.height, size.width)
    planes = planes.contiguous(memory_format=torch.channels_last)

    def step() -> None:
        optimiser.zero_grad()
        torch.stack([logits.square().mean() for logits in network(planes).values()]).sum().backward()
        optimiser.step()

    step()
    return [seconds_of(step) for _ in range(steps)]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice, which does not concern a measurement, out of the output."""
    speaker = logging.getLogger("lightning.pytorch")
    level = speaker.level
    speaker.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        speaker.setLevel(level)

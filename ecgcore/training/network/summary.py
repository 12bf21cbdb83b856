"""``summary.json``: what came out of a training, and what it was made with."""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ecgcore.data.dataset import StudyDataset
from ecgcore.data.snapshot import Snapshot
from ecgcore.training.network.chosen_point import ChosenPoint
from ecgcore.training.network.chosen_weights import Candidate
from ecgcore.training.network.keeper import Keeper
from ecgcore.training.network.module import TrainingModule
from ecgcore.training.network.start import Start
from ecgcore.training.recipe.recipe import Recipe

_PACKAGES = ("torch", "torchvision", "timm", "lightning", "numpy", "opencv-python-headless", "scikit-learn")


@dataclass(frozen=True)
class MadeWith:
    """The circumstances of a training.

    Args:
        snapshot: its data.
        recipe: its recipe.
        start: the run it started from, if any.
        device: where it ran last.
        precision: Lightning's name of it.
        step: optimiser steps.
    """

    snapshot: Snapshot
    recipe: Recipe
    start: Start | None
    device: torch.device
    precision: str
    step: int


def summary_json(
    made_with: MadeWith,
    module: TrainingModule,
    keeper: Keeper,
    candidate: Candidate,
    points: Mapping[str, ChosenPoint],
) -> str:
    """Return the JSON text. Epochs are 0-based; losses are cross entropies in nats; not-a-number is written as null."""
    snapshot, recipe = made_with.snapshot, made_with.recipe
    content = {
        "recipe": recipe.name,
        "recipe_sha256": recipe.sha256,
        "snapshot_id": snapshot.id,
        "snapshot_content_sha256": snapshot.content_sha256,
        "start_from": made_with.start.to_dict() if made_with.start else None,
        "samples": {"train": _counts(module.train_set), "valid": _counts(module.valid_set)},
        "unreadable": dict(module.material.unreadable),
        "imputed": {"train": _imputed(module.train_set), "valid": _imputed(module.valid_set)},
        "epochs": len(keeper.history),
        "steps": made_with.step,
        "best_epoch": keeper.best_epoch,
        "stopped_early": keeper.stopped,
        "exported_weights": candidate.weights.value,
        "valid_loss": candidate.validation.loss,
        "valid_losses": dict(candidate.validation.losses),
        "valid_aucs": {t: None if math.isnan(v) else v for t, v in candidate.validation.aucs.items()},
        "operating_point": {t: v.to_dict() for t, v in points.items()},
        "pretrained_loaded": module.pretrained_loaded,
        "wall_s": keeper.seconds,
        "data_wait_s": module.waited_s,
        "device": _device_name(made_with.device),
        "precision": made_with.precision,
        "num_threads": recipe.training.num_threads or torch.get_num_threads(),
        "versions": {"python": platform.python_version(), **_versions()},
    }
    return json.dumps(content, indent=2) + "\n"


def _counts(dataset: StudyDataset) -> dict[str, Any]:
    by_target = {t: {"negative": n, "positive": p} for t, (n, p) in dataset.label_counts().items()}
    return {"studies": len(dataset), **by_target}


def _imputed(dataset: StudyDataset) -> int | None:
    """Return how many studies have a clinical feature that was imputed; None where the network reads none."""
    return None if dataset.features is None else int(dataset.features.imputed.sum())


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def _versions() -> dict[str, str]:
    known = {d.metadata["Name"].lower(): d.version for d in importlib.metadata.distributions() if d.metadata["Name"]}
    return {name: known[name] for name in _PACKAGES if name in known}

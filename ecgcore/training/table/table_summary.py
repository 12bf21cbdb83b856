"""``summary.json`` of a table model: what came out of a training, and what it was made with."""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
from typing import Any

from ecgcore.data.snapshot import Snapshot
from ecgcore.data.table_dataset import TableDataset
from ecgcore.training.recipe.table_recipe import TableRecipe
from ecgcore.training.table.table_fit import TableFit

_PACKAGES = ("xgboost", "numpy", "pandas")


def table_summary_json(
    snapshot: Snapshot, recipe: TableRecipe, train: TableDataset, valid: TableDataset, fit: TableFit, seconds: float
) -> str:
    """Return the JSON text, with the keys of an image model's where they mean the same.

    Losses are log losses in nats with the recipe's class weights, before calibration; not-a-number is written as
    null; ``seconds`` is wall time.
    """
    content = {
        "recipe": recipe.name,
        "recipe_sha256": recipe.sha256,
        "snapshot_id": snapshot.id,
        "snapshot_content_sha256": snapshot.content_sha256,
        "samples": {"train": _counts(train), "valid": _counts(valid)},
        "missing_features": {"train": _missing(train), "valid": _missing(valid)},
        "rounds": dict(fit.rounds),
        "valid_losses": fit.chosen("valid_loss"),
        "valid_aucs": {t: None if math.isnan(v) else v for t, v in fit.chosen("valid_auc").items()},
        "operating_point": {t: v.to_dict() for t, v in fit.points.items()},
        "wall_s": seconds,
        "device": "cpu",
        "num_threads": recipe.training.num_threads if recipe.training else 1,
        "versions": {"python": platform.python_version(), **{n: importlib.metadata.version(n) for n in _PACKAGES}},
    }
    return json.dumps(content, indent=2) + "\n"


def _counts(dataset: TableDataset) -> dict[str, Any]:
    by_target = {t: {"negative": n, "positive": p} for t, (n, p) in dataset.label_counts().items()}
    return {"studies": len(dataset), **by_target}


def _missing(dataset: TableDataset) -> dict[str, int]:
    missing = (dataset.features != dataset.features).sum(axis=0)  # NaN differs from itself
    return {name: int(count) for name, count in zip(dataset.names, missing, strict=True)}

"""From chosen weights to the predictor's directory, calibrated, with golden studies beside it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch

from ecgcore.data.dataset import StudyDataset
from ecgcore.data.image_transform import ImageTransform
from ecgcore.data.snapshot import Snapshot
from ecgcore.models.factory import Network
from ecgcore.models.odds_line import OddsLine
from ecgcore.predictor.formats.choice import ModelFormat
from ecgcore.predictor.formats.mtecg import write_model_dir
from ecgcore.predictor.formats.own import write_own_dir
from ecgcore.predictor.golden.golden import write_golden
from ecgcore.predictor.golden.table_golden import whole_patients
from ecgcore.training.augment.train_transform import train_transform_json
from ecgcore.training.network.material import Material
from ecgcore.training.recipe.recipe import Recipe

GOLDEN_STUDIES = 8


def export_model(
    network: Network,
    recipe: Recipe,
    material: Material,
    out: Path,
    lines: Mapping[str, OddsLine],
    class_weights: Mapping[str, torch.Tensor],
    epoch: int,
    step: int,
) -> None:
    """Write the network's weights, with the lines on the log odds in its heads, in the format of the recipe's slot."""
    transform = material.transform
    if recipe.format is ModelFormat.OWN:
        write_own_dir(network, transform, out, epoch, step, lines, material.imputation)
        return
    assert isinstance(transform, ImageTransform)  # the deployed predictor's directory takes images only
    single = network.spec.family.is_single
    write_model_dir(
        network,
        network.spec,
        transform,
        train_transform_json(transform, recipe.augment),
        out,
        loss_ratio=None if single else recipe.loss.ratio,
        loss_weights=None if single else {t: w.tolist() for t, w in class_weights.items()},
        epoch=epoch,
        global_step=step,
        odds_lines=lines,
        learning_rate=recipe.optimiser.learning_rate,
        imputation=material.imputation,
        companions=material.companions,
    )


def export_golden(model_dir: Path, out: Path, recipe: Recipe, snapshot: Snapshot, valid: StudyDataset) -> None:
    """Record what the exported model says about a few validation images, evenly spread over the split.

    A clinical model gets the features of invented patients with them, so that no patient's attributes travel with it.
    """
    chosen = np.unique(np.linspace(0, len(valid) - 1, GOLDEN_STUDIES).round().astype(int))
    images = snapshot.studies.set_index("study_id")["image_sha256"]
    paths = [snapshot.image_path(images[study_id]) for study_id in valid.study_ids[chosen]]
    invented = list(islice(cycle(whole_patients()), len(paths))) if recipe.model.family.is_clinical else None
    write_golden(model_dir, paths, out, recipe.model.family.value, recipe.model.targets[0], invented)

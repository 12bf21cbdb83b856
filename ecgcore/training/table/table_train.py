"""Trains a table model: snapshot and recipe in, run directory out. It takes seconds, so a killed one starts again."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from ecgcore import durable
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split
from ecgcore.data.table_dataset import TableDataset, table_dataset
from ecgcore.errors import TrainingError
from ecgcore.models.boosted import BoostedModel, margins
from ecgcore.models.booster_file import read_booster
from ecgcore.models.majority import MajorityModel
from ecgcore.models.table_family import TableFamily
from ecgcore.predictor.golden.table_golden import write_table_golden
from ecgcore.predictor.table.table_dir import write_table_dir
from ecgcore.training.network.chosen_point import choose_point
from ecgcore.training.network.keeper import EpochCallback, EpochReport
from ecgcore.training.network.loss import class_weights
from ecgcore.training.network.validation import auc
from ecgcore.training.recipe.operating_point import CALIBRATED
from ecgcore.training.recipe.table_recipe import TableRecipe
from ecgcore.training.rundir import RunDir
from ecgcore.training.table.boosting import LabelledTable, as_logits, grow, log_loss
from ecgcore.training.table.table_fit import TableFit
from ecgcore.training.table.table_summary import table_summary_json

_UNWEIGHTED = np.ones(2)


def train_table(snapshot: Snapshot, recipe: TableRecipe, run: RunDir, report: EpochCallback | None = None) -> None:
    """Fit on train rows, choose on valid rows, never look at a test row; write the run directory's files.

    Args:
        snapshot: leak-checked.
        recipe: of a table model.
        run: locked and claimed for both.
        report: called after each target.

    Raises:
        SnapshotError: a target is no label column.
        TrainingError: a target has no rows to train or to choose on.
    """
    started = time.monotonic()
    train, valid = (_dataset(snapshot, recipe, split) for split in (Split.TRAIN, Split.VALID))
    _check_rows(snapshot, recipe, train, valid)
    boosted = recipe.model.family is TableFamily.XGBOOST
    fit = _boosted(recipe, train, valid, report) if boosted else _majority(train, valid)
    durable.write_text(run.metrics, _metrics(fit).to_csv(index=False))
    write_table_dir(fit.model, run.model)
    write_table_golden(run.model, recipe.model.family, run.golden)
    seconds = time.monotonic() - started
    durable.write_text(run.summary, table_summary_json(snapshot, recipe, train, valid, fit, seconds))


def _dataset(snapshot: Snapshot, recipe: TableRecipe, split: Split) -> TableDataset:
    return table_dataset(snapshot, split, recipe.input.features, recipe.model.targets, recipe.data.formats)


def _check_rows(snapshot: Snapshot, recipe: TableRecipe, train: TableDataset, valid: TableDataset) -> None:
    for target, (negatives, positives) in train.label_counts().items():
        if not (negatives and positives):
            raise TrainingError(
                f"snapshot {snapshot.id}",
                f"its train studies have {negatives} negatives and {positives} positives of {target}",
                "both classes are needed; add labelled studies, or take the target out of the recipe",
            )
    for target, counts in valid.label_counts().items():
        if not any(counts):
            raise TrainingError(
                f"snapshot {snapshot.id}",
                f"no valid study of the formats {', '.join(recipe.data.formats)} has a label of {target}",
                "freeze a snapshot with labelled studies in valid, or take the target out of the recipe",
            )


def _boosted(recipe: TableRecipe, train: TableDataset, valid: TableDataset, report: EpochCallback | None) -> TableFit:
    assert recipe.boosting is not None and recipe.loss is not None and recipe.training is not None
    weights = class_weights(recipe.loss.class_weights, train.label_counts())
    wanted = recipe.operating_point or {}
    grown, boosters, points = {}, {}, {}
    for number, target in enumerate(recipe.model.targets):
        seen, unseen = LabelledTable(*train.labelled(target)), LabelledTable(*valid.labelled(target))
        negative, positive = weights[target].tolist()
        grown[target] = grow(seen, unseen, (negative, positive), recipe.boosting, recipe.training)
        boosters[target] = read_booster(grown[target].text, len(recipe.input.features), target)
        logits = as_logits(margins(boosters[target], unseen.features))
        points[target] = choose_point(target, wanted.get(target, CALIBRATED), logits, unseen.labels)
        if report is not None:
            best = grown[target].history[grown[target].rounds - 1]
            report(EpochReport(number, len(recipe.model.targets), dict(best)))
    lines = {target: point.line for target, point in points.items()}
    return TableFit(
        model=BoostedModel(recipe.input.features, boosters, lines),
        rounds={target: found.rounds for target, found in grown.items()},
        history={target: found.history for target, found in grown.items()},
        points=points,
    )


def _majority(train: TableDataset, valid: TableDataset) -> TableFit:
    shares = {target: positives / (negatives + positives) for target, (negatives, positives) in _counts(train)}
    history = {target: (_constant_line(share, target, train, valid),) for target, share in shares.items()}
    return TableFit(MajorityModel(shares), dict.fromkeys(shares, 0), history, {})


def _counts(dataset: TableDataset) -> list[tuple[str, tuple[int, int]]]:
    return list(dataset.label_counts().items())


def _constant_line(share: float, target: str, train: TableDataset, valid: TableDataset) -> dict[str, float]:
    margin = np.log(share) - np.log1p(-share)
    seen, unseen = train.labelled(target)[1], valid.labelled(target)[1]
    return {
        "train_loss": log_loss(np.full(len(seen), margin), seen, _UNWEIGHTED),
        "valid_loss": log_loss(np.full(len(unseen), margin), unseen, _UNWEIGHTED),
        "valid_auc": auc(as_logits(np.full(len(unseen), margin)), unseen),
    }


def _metrics(fit: TableFit) -> pd.DataFrame:
    """One line per round, a column per metric and target; empty where a target had stopped before."""
    first = min(min(fit.rounds.values()), 1)
    frames = [pd.DataFrame(list(lines)).add_suffix(f"_{target}") for target, lines in fit.history.items()]
    table = pd.concat(frames, axis=1)
    table.insert(0, "round", np.arange(first, first + len(table)))
    return table

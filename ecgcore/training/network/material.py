"""What a training works with: two datasets, the preprocessing that the model will carry, and what was fitted for it."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import joblib
import pandas as pd

from ecgcore.data.cache import RecordingCache, open_cache
from ecgcore.data.cache_spec import CacheSpec, ImageSpec, SignalSpec
from ecgcore.data.clinical import ClinicalFeatures, clinical_table
from ecgcore.data.dataset import StudyDataset, labelled_studies, study_dataset
from ecgcore.data.image_transform import ImageTransform
from ecgcore.data.imputation import FittedImputer, Imputation, fit_imputation
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.data.snapshot import Snapshot, Split
from ecgcore.data.standardise import fit_scaler
from ecgcore.errors import TrainingError
from ecgcore.training.recipe.input_section import ImageInput, SignalInput
from ecgcore.training.recipe.recipe import Recipe

log = logging.getLogger(__name__)

IMPUTER = "imputer.joblib"
THRESHOLDS = "imputer_threshold_dict.joblib"

_UNLABELLED = {
    Split.TRAIN: "%s: no train study has this label; its head learns nothing and what it answers means nothing",
    Split.VALID: "%s: no valid study has this label; it cannot be judged there",
}
_EXAMPLES = 3


@dataclass(frozen=True)
class Material:
    """What a training works with.

    Args:
        train: training rows.
        valid: validation rows.
        transform: the preprocessing; what it needs was fitted on training rows only.
        imputation: of missing clinical features, fitted on training rows only; clinical families only.
        companions: files for the deployed predictor's own evaluation, by name.
        unreadable: study id -> reason, of train and valid studies left out because their signal cannot be read.
    """

    train: StudyDataset
    valid: StudyDataset
    transform: ImageTransform | SignalTransform
    imputation: Imputation | None = None
    companions: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    unreadable: Mapping[str, str] = field(default_factory=dict)


def gather(snapshot: Snapshot, recipe: Recipe, progress: bool) -> Material:
    """Open the cache, fit what the recipe asks for on the training rows, and check that there is enough to train on.

    Raises:
        SnapshotError: an image is damaged, a target is no label column, or the disk cannot hold the cache.
        TrainingError: no usable rows, one class only of a target, too many unreadable signals, or a clinical feature
            that no training study has.
    """
    cache = _cache(snapshot, recipe, progress)
    labelled = {s: labelled_studies(snapshot, s, recipe.model.targets, recipe.data.formats) for s in _UNLABELLED}
    studies = {split: rows[~rows["image_sha256"].isin(cache.unreadable)] for split, rows in labelled.items()}
    unreadable = _unreadable(pd.concat(labelled.values()), cache)
    _check_readable(snapshot, recipe, unreadable, sum(map(len, labelled.values())))
    imputer = _imputer(studies[Split.TRAIN], recipe)
    train, valid = (_dataset(rows, cache, recipe, imputer) for rows in studies.values())
    for split, part in ((Split.TRAIN, train), (Split.VALID, valid)):
        _check_rows(snapshot, split, part)
    return Material(
        train,
        valid,
        _transform(recipe, train),
        imputer.imputation if imputer else None,
        _imputer_files(imputer),
        unreadable,
    )


def _cache(snapshot: Snapshot, recipe: Recipe, progress: bool) -> RecordingCache:
    images = {sha: snapshot.image_path(sha) for sha in snapshot.studies["image_sha256"].unique()}
    return open_cache(snapshot.path / "cache", _spec(recipe), images, progress=progress)


def _spec(recipe: Recipe) -> CacheSpec:
    if isinstance(recipe.input, SignalInput):
        return SignalSpec(recipe.input.samples)
    return ImageSpec(recipe.input.height, recipe.input.width, recipe.input.interpolation.flag)


def _unreadable(studies: pd.DataFrame, cache: RecordingCache) -> dict[str, str]:
    hit = studies[studies["image_sha256"].isin(cache.unreadable)]
    return {i: cache.unreadable[sha] for i, sha in zip(hit["study_id"], hit["image_sha256"], strict=True)}


def _check_readable(snapshot: Snapshot, recipe: Recipe, unreadable: Mapping[str, str], studies: int) -> None:
    if not unreadable:
        return
    examples = "; ".join(f"{study} ({why})" for study, why in list(unreadable.items())[:_EXAMPLES])
    log.warning("%d of %d studies are left out, their signals cannot be read: %s", len(unreadable), studies, examples)
    assert isinstance(recipe.input, SignalInput)
    if len(unreadable) > recipe.input.max_unreadable_share * studies:
        raise TrainingError(
            f"snapshot {snapshot.id}",
            f"the signals of {len(unreadable)} of {studies} studies cannot be read: {examples}",
            "look at their images with `ecg view`; raise input.max_unreadable_share only if they may be left out",
        )


def _imputer(train: pd.DataFrame, recipe: Recipe) -> FittedImputer | None:
    if recipe.imputation is None:
        return None
    table = clinical_table(train)
    return fit_imputation(table, train["study_id"].tolist(), recipe.imputation.rounds, recipe.training.seed)


def _dataset(
    studies: pd.DataFrame, cache: RecordingCache, recipe: Recipe, imputer: FittedImputer | None
) -> StudyDataset:
    features = None
    if imputer is not None:
        recorded = clinical_table(studies)
        complete = imputer.imputation.complete(recorded, studies["study_id"].tolist())
        features = ClinicalFeatures.of(complete, recorded)
    return study_dataset(studies, cache, recipe.model.targets, features)


def _transform(recipe: Recipe, train: StudyDataset) -> ImageTransform | SignalTransform:
    if isinstance(recipe.input, ImageInput):
        return recipe.input.transform
    scaler = fit_scaler(train)
    share = recipe.input.max_unreadable_share
    return SignalTransform(recipe.input.samples, tuple(scaler.mean_), tuple(scaler.scale_), share)


def _imputer_files(imputer: FittedImputer | None) -> dict[str, bytes]:
    if imputer is None:
        return {}
    return {IMPUTER: _pickled(imputer.sklearn), THRESHOLDS: _pickled(dict(imputer.imputation.thresholds))}


def _pickled(thing: object) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(thing, buffer)
    return buffer.getvalue()


def _check_rows(snapshot: Snapshot, split: Split, part: StudyDataset) -> None:
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

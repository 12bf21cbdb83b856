"""Scores studies of a snapshot with an exported model directory: the only source of numbers in a gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecgcore.data.cache import RecordingCache, open_cache
from ecgcore.data.cache_spec import SignalSpec
from ecgcore.data.clinical import AGE_SCALE, Table, clinical_table, incomplete
from ecgcore.data.recording import Recording
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import PredictorError
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.features import CATEGORY_NAMES
from ecgcore.reports.file.image_store import load_image
from ecgcore.targets.in_force import catalogue
from ecgcore.targets.label_column import Kind

REGISTERED_KEYS = ("study_id", "patient_id", "ecg_format", "test_set")

_PERSON = ("female", "age")
_EXAMPLES = 3
_DECIMALS_OF_YEARS = 6


def score(snapshot: Snapshot, rows: pd.DataFrame, model_dir: Path, device: str = "cpu") -> pd.DataFrame:
    """Return the predictions frame (docs/architecture/evaluation.md) of some studies, with what slices need.

    ``imputed``: a clinical feature that the model reads was not recorded; a network got it imputed, boosted trees as
    missing. Never true of a model that reads none. ``unreadable``: the study's signal could not be read; a signal model
    got every lead at its training mean, which says nothing about the study, and the row stays, so that all models are
    compared on the same ones.

    Args:
        snapshot: holds the images.
        rows: studies of it, with the label columns of the model's targets.
        model_dir: an exported model directory of any family.
        device: ``cpu`` or ``cuda``.

    Raises:
        PredictorError: the directory cannot be loaded, an image cannot be used, a clinical model that lacks its
            imputation meets a missing feature, or too many signals cannot be read.
    """
    classifier = ECGClassifier(model_dir, None, device, round_probabilities=False)
    recorded = clinical_table(rows)
    probabilities, unreadable = _probabilities(snapshot, rows, classifier, recorded)
    frame = rows.reindex(columns=[*REGISTERED_KEYS, *_attributes()]).reset_index(drop=True)
    frame["imputed"] = incomplete(recorded) & classifier.reads_clinical
    frame["unreadable"] = unreadable
    for target in classifier.targets:
        frame[f"{target}_label"] = rows[target].astype("Int8").array
        frame[f"{target}_probability"] = probabilities[target]
    return frame


def _attributes() -> tuple[str, ...]:
    """Return what slices need: the person's, the measured numbers, and the labels that describe another."""
    known = catalogue()
    described = [column.key for column in known.columns if column.detail or column.kind is Kind.NUMBER]
    return (*_PERSON, *described)


def registered_columns(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the predictions without patients' attributes, as the registry keeps them."""
    scored = [name for name in predictions.columns if str(name).endswith(("_label", "_probability"))]
    return predictions[[*REGISTERED_KEYS, *scored]]


def _probabilities(
    snapshot: Snapshot, rows: pd.DataFrame, classifier: ECGClassifier, recorded: Table
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.bool_]]:
    """Return the probability of each target, float64 (N,), and which rows could not be read."""
    if classifier.table is not None:
        return classifier.predict_batch(None, [_named(row) for row in recorded]), np.zeros(len(rows), bool)
    recordings, unreadable = _recordings(snapshot, rows, classifier)
    features = _features(classifier, recorded, rows) if classifier.spec.family.is_clinical else None
    return classifier.predict_recordings(recordings, features), unreadable


def _recordings(
    snapshot: Snapshot, rows: pd.DataFrame, classifier: ECGClassifier
) -> tuple[Iterable[Recording], NDArray[np.bool_]]:
    """Return what the network reads of each row, made when asked for, and which rows could not be read."""
    shas = rows["image_sha256"].tolist()
    if isinstance(classifier.transform, SignalTransform):
        return _signals(snapshot, shas, classifier.transform)
    images = (load_image(snapshot.image_path(sha)) for sha in shas)
    return (classifier.prepare(image) for image in images), np.zeros(len(rows), bool)


def _signals(
    snapshot: Snapshot, shas: list[str], transform: SignalTransform
) -> tuple[Iterable[Recording], NDArray[np.bool_]]:
    """Read from the snapshot's cache, which holds what :meth:`SignalTransform.prepare` gives, and took minutes."""
    images = {sha: snapshot.image_path(sha) for sha in snapshot.studies["image_sha256"].unique()}
    cache = open_cache(snapshot.path / "cache", SignalSpec(transform.samples), images, progress=False)
    unreadable = np.array([sha in cache.unreadable for sha in shas], bool)
    if unreadable.sum() > transform.max_unreadable_share * len(shas):
        why = "; ".join(cache.unreadable[sha] for sha in shas if sha in cache.unreadable)
        raise PredictorError(
            f"snapshot {snapshot.id}",
            f"the signals of {unreadable.sum()} of {len(shas)} studies cannot be read, {why[:200]}",
            "judge an image model on them, or look at their images with `ecg view`",
        )
    return _read(cache, shas, unreadable, transform), unreadable


def _read(
    cache: RecordingCache, shas: list[str], unreadable: NDArray[np.bool_], transform: SignalTransform
) -> Iterator[Recording]:
    for row, hidden in zip(cache.rows_of(shas), unreadable, strict=True):
        yield transform.blank if hidden else cache.read(np.array([row]))[0]


def _features(classifier: ECGClassifier, recorded: Table, rows: pd.DataFrame) -> list[dict[str, float]]:
    """Return the clinical features of each row as a caller gives them, imputed where they were not recorded."""
    missing = incomplete(recorded)
    if missing.any() and classifier.imputation is None:
        examples = ", ".join(rows["study_id"][missing].head(_EXAMPLES))
        rule = f"lack a value in {missing.sum()} studies ({examples}), and the model holds no imputation"
        raise PredictorError("clinical features", rule, "score complete cases, or a model that this program trained")
    ids = rows["study_id"].tolist()
    complete = classifier.imputation.complete(recorded, ids) if classifier.imputation else recorded
    return [_named(row) for row in complete]


def _named(row: NDArray[np.float64]) -> dict[str, float]:
    """Return one row of a clinical table by the deployed names; the age in years."""
    categories = {name: float(value) for name, value in zip(CATEGORY_NAMES, row[:-1], strict=True)}
    return {**categories, "age": round(float(row[-1]) * AGE_SCALE, _DECIMALS_OF_YEARS)}

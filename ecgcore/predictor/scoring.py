"""Scores studies of a snapshot with an exported model directory: the only source of numbers in a gate."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ecgcore.data.snapshot import Snapshot
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.reports.store import load_image

_KEYS = ("study_id", "patient_id", "ecg_format", "test_set", "female", "age")
REGISTERED_KEYS = ("study_id", "patient_id", "ecg_format", "test_set")


def score(snapshot: Snapshot, rows: pd.DataFrame, model_dir: Path, device: str = "cpu") -> pd.DataFrame:
    """Return the predictions frame (docs/architecture.md) of some studies, with ``female`` and ``age`` for slices.

    Args:
        snapshot: holds the images.
        rows: studies of it, with the label columns of the model's targets.
        model_dir: an exported model directory.
        device: ``cpu`` or ``cuda``.

    Raises:
        PredictorError: the directory cannot be loaded, or an image cannot be used.
    """
    classifier = ECGClassifier(model_dir, device=device, round_probabilities=False)
    images = (load_image(snapshot.image_path(sha256)) for sha256 in rows["image_sha256"])
    probabilities = classifier.predict_batch(images)
    frame = rows[list(_KEYS)].reset_index(drop=True)
    for target in classifier.targets:
        frame[f"{target}_label"] = rows[target].astype("Int8").array
        frame[f"{target}_probability"] = probabilities[target]
    return frame


def registered_columns(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the predictions without patients' attributes, as the registry keeps them."""
    scored = [name for name in predictions.columns if str(name).endswith(("_label", "_probability"))]
    return predictions[[*REGISTERED_KEYS, *scored]]

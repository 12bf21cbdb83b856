"""``ecg predict``: the champion's answer for each file, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecgcore.errors import EcgError
from ecgcore.predictor.champion import champion_dir
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.settings import load_settings


def predict_files(
    files: list[Path], model_dir: Path | None, device: str, round_probabilities: bool
) -> Iterator[dict[str, Any]]:
    """Yield for each file ``{"file", "scar": {...}, "lvef": {...}}``, or ``{"file", "error"}`` with the reason.

    Raises:
        PredictorError: there is no champion, or the model directory cannot be loaded.
    """
    directory = model_dir or champion_dir(load_settings().home)
    classifier = ECGClassifier(directory, None, device, round_probabilities=round_probabilities)
    for file in files:
        try:
            yield {"file": str(file), **classifier.predict(file)}
        except EcgError as error:
            yield {"file": str(file), "error": str(error)}

"""``ecg predict``: the champion's answer for each file, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.classify.caution import said_of
from app.cli.classify.open_classifier import open_classifier
from ecgcore.errors import EcgError, PredictorError
from ecgcore.predictor.classifier import ECGClassifier, Prediction
from ecgcore.predictor.picture import open_picture


@dataclass(frozen=True)
class Answer:
    """What is said about one file: predictions by target and what is unusual about it, or why there are none."""

    file: Path
    predictions: dict[str, Prediction]
    cautions: tuple[str, ...] = ()
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return ``{"file", "scar": {...}, "lvef": {...}}``, or ``{"file", "error"}``."""
        return {"file": str(self.file), **(self.predictions if self.error is None else {"error": self.error})}


def predict_files(
    files: list[Path], model_dir: Path | None, device: str, round_probabilities: bool, task: str | None = None
) -> Iterator[Answer]:
    """Yield an answer for each file.

    Raises:
        PredictorError: as :func:`~app.cli.classify.open_classifier.open_classifier`, before the first file.
        PromotionError: as there.
    """
    classifier = open_classifier(model_dir, task, "--task", device, round_probabilities)
    for file in files:
        try:
            yield _answer(classifier, file)
        except EcgError as error:
            yield Answer(file, {}, error=str(error))


def _answer(classifier: ECGClassifier, file: Path) -> Answer:
    if classifier.table is None:
        picture = open_picture(file)
        return Answer(file, classifier.predict(picture.pixels), said_of(picture))
    if not file.is_file():
        raise PredictorError(file, "is not a file", "name a PNG, a JPEG or a report PDF")
    return Answer(file, classifier.predict(file))

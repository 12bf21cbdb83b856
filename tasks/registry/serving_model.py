"""The model as MLflow serves it. MLflow stores this file itself and runs it: importing it sets the served model.

It reads the model directory with :class:`ecgcore.predictor.classifier.ECGClassifier`, so this project must be installed
where the model is served; ``pip_requirements`` name everything else. Input: a frame with the column ``image`` (the path
of an image or report, or a PNG, JPEG or PDF in base64) and, for clinical models, the clinical features; for table
models the clinical features alone, empty where one is not known. Output: one column ``<target>_probability`` per
target, unrounded, in the order of the rows.
"""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel
from numpy.typing import NDArray

from ecgcore.errors import PredictorError, ReportError
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.picture import load_picture

IMAGE = "image"

_IN_BASE64 = {"iVBORw0KGgo": "PNG", "/9j/": "JPEG", "JVBERi0": "PDF"}  # what the first bytes of each become
_LONGEST_PATH = 255  # bytes; a longer one must exist, or it is taken for content that was not understood


class ServedClassifier(PythonModel):
    """An :class:`ECGClassifier` behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Load the model directory; ``model_class`` and ``task`` come from the model's configuration."""
        options = context.model_config
        self.classifier = ECGClassifier(
            context.artifacts["model_dir"], options["model_class"], task=options["task"], round_probabilities=False
        )

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return the probabilities of the positive classes.

        Raises:
            PredictorError: an image or a clinical feature cannot be used.
        """
        images = map(image_of, model_input[IMAGE]) if IMAGE in model_input else None
        found = self.classifier.predict_batch(images, clinical_rows(model_input))
        return pd.DataFrame({f"{target}_probability": found[target] for target in self.classifier.targets})


def image_of(text: str) -> str | NDArray[np.uint8]:
    """Return a path as it is, and a file in base64 as the pixels that a file of these bytes would give.

    So a page is read as a report, header and grid removed, whichever way it comes.

    Raises:
        PredictorError: it starts like a PNG, JPEG or PDF in base64 but is none, is too large, or is neither that nor a
            path. What was sent is not quoted: it may show a patient.
        ReportError: a page that is not a report of a known format.
    """
    if os.path.isfile(text):  # noqa: PTH113 - Path.is_file fails on what is too long for a path
        return text
    kind = next((kind for start, kind in _IN_BASE64.items() if text.startswith(start)), None)
    if kind is None:
        return _short(text)
    with tempfile.NamedTemporaryFile() as file:
        file.write(_decoded(text, kind))
        file.flush()
        return _named(Path(file.name))


def _short(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > _LONGEST_PATH:
        rule = f"is a text of {len(text)} characters, neither a file's path nor a PNG, JPEG or PDF in base64"
        raise PredictorError("image", rule, "send the whole file, encoded in base64, with nothing before it")
    return text


def _decoded(text: str, kind: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise PredictorError("image", f"is not a {kind} in base64", "send the whole file, encoded in base64") from error


def _named(path: Path) -> NDArray[np.uint8]:
    """Load an image whose temporary name would tell the caller nothing."""
    try:
        return load_picture(path)
    except ReportError as error:
        raise ReportError("image", error.rule, error.hint, error.reason) from error
    except PredictorError as error:
        raise PredictorError("image", error.rule, error.hint) from error


def clinical_rows(frame: pd.DataFrame) -> list[dict[str, float]] | None:
    """Return the clinical features of each row, or None where the frame has the image only."""
    features = frame.drop(columns=IMAGE, errors="ignore")
    return None if features.empty else [{str(k): v for k, v in row.items()} for row in features.to_dict("records")]


set_model(ServedClassifier())

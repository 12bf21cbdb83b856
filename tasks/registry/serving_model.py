"""The model as MLflow serves it. MLflow stores this file itself and runs it: importing it sets the served model.

It reads the model directory with :class:`ecgcore.predictor.classifier.ECGClassifier`, so this project must be installed
where the model is served; ``pip_requirements`` name everything else. Input: a frame with the column ``image`` (the path
of an image or report, or a PNG in base64) and, for clinical models, the clinical features; for table models the
clinical features alone, empty where one is not known. Output: one column
``<target>_probability`` per target, unrounded, in the order of the rows.
"""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel
from PIL import Image, UnidentifiedImageError

from ecgcore.errors import PredictorError
from ecgcore.predictor.classifier import ECGClassifier

IMAGE = "image"
MAX_PIXELS = 40_000_000

_PNG_IN_BASE64 = "iVBORw0KGgo"  # the eight bytes that start every PNG


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


def image_of(text: str) -> str | Image.Image:
    """Return a path as it is, and a PNG in base64 as the image, at most 40 million pixels.

    Raises:
        PredictorError: it starts like a PNG in base64 but is not one, or is too large.
    """
    if not text.startswith(_PNG_IN_BASE64):
        return text
    try:
        image = Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=["PNG"])
        if image.width * image.height > MAX_PIXELS:
            raise PredictorError("image", f"has more than {MAX_PIXELS:,} pixels", "send the page at 300 dpi or less")
        image.load()
    except (binascii.Error, UnidentifiedImageError, OSError, SyntaxError) as error:
        raise PredictorError("image", "is not a PNG in base64", "send the whole file, encoded in base64") from error
    return image


def clinical_rows(frame: pd.DataFrame) -> list[dict[str, float]] | None:
    """Return the clinical features of each row, or None where the frame has the image only."""
    features = frame.drop(columns=IMAGE, errors="ignore")
    return None if features.empty else [{str(k): v for k, v in row.items()} for row in features.to_dict("records")]


set_model(ServedClassifier())

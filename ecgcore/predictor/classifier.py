"""The predictor: a model directory and an ECG in, probabilities out, in the deployed predictor's form."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray

from ecgcore.data.recording import Recording
from ecgcore.errors import PredictorError
from ecgcore.models.factory import Network
from ecgcore.models.spec import Family
from ecgcore.models.table_family import TableFamily
from ecgcore.predictor.features import Row, encode
from ecgcore.predictor.formats.model_dir import read_network_dir
from ecgcore.predictor.picture import ImageSource, load_picture
from ecgcore.predictor.table.table_reader import TableReader

log = logging.getLogger(__name__)

BATCH_SIZE = 32
_CUDNN = threading.RLock()
_DECIMALS = 2


class Probability(TypedDict):
    """The two classes' probabilities; they add up to 1 before rounding."""

    negative: float
    positive: float


class Prediction(TypedDict):
    """The argmax class (0 or 1) and the probabilities."""

    prediction: int
    probability: Probability


class ECGClassifier:
    """Predicts from an ECG image. Holds no state that a prediction changes, so threads may share one.

    Args:
        model_path: a model directory.
        model_class: ``multi-task`` or ``single-task``, or one of them with ``-clinical`` or ``-1d``; ``xgboost`` or
            ``majority``, which read no image; None takes what the directory holds.
        device: ``cpu`` or ``cuda`` (``cuda:1``).
        task: what a single-task model predicts, if its directory does not say so: ``scar`` if not given, with a warning
            in the log; ignored by multi-task models, which carry their targets.
        round_probabilities: two decimals instead of all.

    Raises:
        PredictorError: the directory is wrong (see :func:`~ecgcore.predictor.formats.model_dir.read_network_dir`), the
            class is unknown, or the device is not there.
    """

    def __init__(
        self,
        model_path: Path | str,
        model_class: str | None = "multi-task",
        device: str = "cpu",
        task: str | None = None,
        round_probabilities: bool = True,
    ) -> None:
        self.device = _device(device)
        self.round_probabilities = round_probabilities
        self.table = TableReader.open(model_path, model_class)
        if self.table is not None:
            self.targets = self.table.model.targets
            return
        model = read_network_dir(model_path, None if model_class is None else _family(model_class), task)
        self.spec = model.spec
        self.targets = model.spec.targets
        self.transform = model.transform
        self.imputation = model.imputation
        self._network = model.network.to(self.device)

    def predict(self, image: ImageSource | None, clinical_features: Row | None = None) -> dict[str, Prediction]:
        """Return ``{target: {"prediction": 0, "probability": {"negative": 0.7, "positive": 0.3}}}``.

        Args:
            image: a canonical image (PIL, uint8 array, PNG or JPEG), or a report page (PDF, PNG or JPEG); what is taken
                as which is said in :func:`~ecgcore.predictor.picture.open_picture`. None will do for table models.
            clinical_features: for clinical models, see :func:`~ecgcore.predictor.features.encode`; for table models,
                which take unknown ones, :func:`~ecgcore.predictor.table.table_features.encode_table`; age in years.

        Raises:
            PredictorError: the image or the features cannot be used.
            ReportError: a page that is not a report of a known format.
        """
        features = None if clinical_features is None else [clinical_features]
        if self.table is not None:
            both = self.table.predict([image], features)
        elif image is None:
            raise PredictorError("image", "is missing", f"a {self.spec.family.value} model needs one")
        else:
            both = self._probabilities([self.prepare(image)], self._features(features, 1))
        return {target: self._answer(pair[0]) for target, pair in both.items()}

    def predict_batch(
        self,
        images: Iterable[ImageSource] | None,
        clinical_features: Sequence[Row] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> dict[str, NDArray[np.float64]]:
        """Return the unrounded probability of the positive class by target, float64 (N,), in the order of ``images``.

        ``images`` is read lazily; at most ``batch_size`` of them, prepared, are held at once. Table models open none
        and do without.

        Raises:
            PredictorError: as :meth:`predict`, or there are not as many features as images.
            ReportError: as :meth:`predict`.
        """
        if self.table is not None:
            return {target: both[:, 1] for target, both in self.table.predict(images, clinical_features).items()}
        if images is None:
            raise PredictorError("images", "are missing", f"a {self.spec.family.value} model needs them")
        return self.predict_recordings((self.prepare(image) for image in images), clinical_features, batch_size)

    def predict_recordings(
        self,
        recordings: Iterable[Recording],
        clinical_features: Sequence[Row] | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> dict[str, NDArray[np.float64]]:
        """Do what :meth:`predict_batch` does with what :meth:`prepare` gave.

        Raises:
            PredictorError: as :meth:`predict`, or there are not as many features as recordings.
        """
        parts: dict[str, list[NDArray[np.float64]]] = {target: [] for target in self.targets}
        done = 0
        for chunk in _chunks(iter(recordings), batch_size):
            some = None if clinical_features is None else clinical_features[done : done + len(chunk)]
            for target, both in self._probabilities(chunk, self._features(some, len(chunk))).items():
                parts[target].append(both[:, 1])
            done += len(chunk)
        if clinical_features is not None and len(clinical_features) != done:
            raise _unequal(len(clinical_features), done)
        return {target: np.concatenate([np.empty(0), *found]) for target, found in parts.items()}

    @property
    def reads_clinical(self) -> bool:
        """Whether the model reads clinical features."""
        return self.spec.family.is_clinical if self.table is None else bool(self.table.model.features)

    @property
    def network(self) -> Network:
        """The network in evaluation mode, on ``device``; shared by all callers, so do not change it.

        Raises:
            PredictorError: a table model has none.
        """
        if self.table is not None:
            raise PredictorError(f"a {self.table.family.value} model", "has no network", "name a model of images")
        return self._network

    def inputs(
        self, images: Iterable[ImageSource], clinical_features: Sequence[Row] | None = None
    ) -> tuple[torch.Tensor, ...]:
        """Return what ``network`` is called with: what is read of the images, normalised (N x 3 x H x W pixels or
        N x 12 x samples), then the clinical features if it reads them; on ``device``.

        Raises:
            PredictorError: as :meth:`predict_batch`.
            ReportError: as :meth:`predict`.
        """
        prepared = [self.prepare(image) for image in images]
        return self._tensors(prepared, self._features(clinical_features, len(prepared)))

    def prepare(self, image: ImageSource) -> Recording:
        """Return what the network reads of an image, not yet normalised: resized pixels, or twelve leads in mV.

        Raises:
            PredictorError: the image cannot be used.
            ReportError: a page that is no report of a known format, or leads that cannot be read.
        """
        return self.transform.prepare(load_picture(image))

    def _features(self, rows: Sequence[Row] | None, count: int) -> tuple[torch.Tensor, ...]:
        if not self.spec.family.is_clinical:
            if rows is not None:
                log.warning("A %s model reads the image only: clinical features are not used", self.spec.family.value)
            return ()
        if rows is None:
            rule = f"a {self.spec.family.value} model needs them"
            raise PredictorError("clinical features", rule, "pass clinical_features, or use an image-only model")
        if len(rows) != count:
            raise _unequal(len(rows), count)
        categories, numbers = zip(*(encode(row) for row in rows), strict=True)
        return torch.stack(categories), torch.stack(numbers)

    def _tensors(self, recordings: list[Recording], features: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        pixels = self.transform.normalise(torch.from_numpy(np.stack(recordings)).to(self.device))
        return pixels, *(value.to(self.device) for value in features)

    def _probabilities(
        self, recordings: list[Recording], features: tuple[torch.Tensor, ...]
    ) -> dict[str, NDArray[np.float64]]:
        with torch.inference_mode(), exact_convolutions(self.device):
            logits = self._network(*self._tensors(recordings, features))
            both = {target: torch.softmax(value, dim=1).double().cpu().numpy() for target, value in logits.items()}
        if not all(np.isfinite(value).all() for value in both.values()):
            raise PredictorError("prediction", "is not a finite number", "do not use this model: its weights overflow")
        return both

    def _answer(self, pair: NDArray[np.float64]) -> Prediction:
        negative, positive = (round(float(p), _DECIMALS) if self.round_probabilities else float(p) for p in pair)
        return {"prediction": int(pair.argmax()), "probability": {"negative": negative, "positive": positive}}


def _family(model_class: str) -> Family:
    try:
        return Family(model_class)
    except ValueError as error:
        known = ", ".join(family.value for family in (*Family, *TableFamily))
        raise PredictorError(f"model_class {model_class!r}", "is not known", f"use one of {known}") from error


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise PredictorError(f"device {name!r}", "is not known", "use cpu or cuda") from error
    if device.type not in ("cpu", "cuda"):
        raise PredictorError(f"device {name!r}", "is not supported", "use cpu or cuda")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise PredictorError(f"device {name!r}", "is not there", "use cpu, or check the driver with nvidia-smi")
    return device


@contextmanager
def exact_convolutions(device: torch.device) -> Iterator[None]:
    """On a GPU: float32 convolutions without TF32, so that the CPU's probabilities are met to about 1e-6.

    The settings of the GPU's library belong to the whole process, so there one thread computes at a time.
    """
    if device.type == "cpu":
        yield
        return
    with _CUDNN, torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield


def _chunks(images: Iterator[Recording], size: int) -> Iterator[list[Recording]]:
    while chunk := list(islice(images, size)):
        yield chunk


def _unequal(features: int, images: int) -> PredictorError:
    return PredictorError("clinical features", f"{features} given for {images} images", "give one set per image")

"""Where on the canonical image a model finds its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from ecgcore.errors import PredictorError
from ecgcore.explain.gradcam import grad_cam_plus_plus
from ecgcore.models.spec import Family
from ecgcore.predictor.classifier import ECGClassifier, exact_convolutions
from ecgcore.predictor.features import Row
from ecgcore.predictor.picture import ImageSource, load_picture

Mass = NDArray[np.float32]
BATCH_SIZE = 16
_EXPLAINED = (Family.MULTI_TASK, Family.SINGLE_TASK, Family.MULTI_TASK_CLINICAL, Family.SINGLE_TASK_CLINICAL)


@dataclass(frozen=True)
class Heatmap:
    """The evidence for one target being positive, over one canonical image.

    Args:
        target: what is predicted.
        probability: of the positive class, 0..1.
        grid: float32 (h, w), as coarse as the network's last stage: 0 or more, the largest value 1; all 0 if no
            place speaks for the target.
        size: width and height of the canonical image in px.
    """

    target: str
    probability: float
    grid: Mass = field(repr=False)
    size: tuple[int, int]

    @property
    def is_empty(self) -> bool:
        """Whether no place speaks for the target."""
        return not self.grid.any()

    @property
    def mass(self) -> Mass:
        """The map on the canonical image, float32 (H, W), 0..1.

        The network saw the whole canonical image, shrunk, so its grid covers all of it evenly: cell (i, j) of (h, w)
        has its centre at y = (i + 0.5) H / h, x = (j + 0.5) W / w; values in between are interpolated linearly.
        """
        return np.asarray(cv2.resize(self.grid, self.size, interpolation=cv2.INTER_LINEAR), np.float32)

    @property
    def heat(self) -> Mass:
        """What is painted: ``probability * mass``, float32 (H, W), 0..1; one scale for all ECGs of a target.

        Grad-CAM++ only ranks the places of one ECG; its values cannot be compared between ECGs. So the place that
        speaks most for the target takes the probability itself: full colour means a probability of 1, and an ECG with
        a probability of 0.00 stays white wherever its largest value lies.
        """
        return self.mass * np.float32(self.probability)


def explain(
    classifier: ECGClassifier,
    image: ImageSource,
    target: str,
    clinical_features: Row | None = None,
) -> Heatmap:
    """Return where a model finds evidence for ``target`` in one ECG, by Grad-CAM++.

    Args:
        classifier: of an image family, with any timm backbone that the models have.
        image: as for :meth:`~ecgcore.predictor.classifier.ECGClassifier.predict`.
        target: one of the classifier's targets.
        clinical_features: for clinical models; they are held fixed.

    Raises:
        PredictorError: the model does not have this target or reads no image; or as ``predict``.
        ReportError: as ``predict``.
    """
    features = None if clinical_features is None else [clinical_features]
    return next(explain_all(classifier, [image], target, features))


def explain_all(
    classifier: ECGClassifier,
    images: Iterable[ImageSource],
    target: str,
    clinical_features: Sequence[Row] | None = None,
    batch_size: int = BATCH_SIZE,
) -> Iterator[Heatmap]:
    """Yield what :func:`explain` returns for each image, in order; images are read lazily, a batch at a time.

    Raises:
        PredictorError: as :func:`explain`, or there are not as many features as images.
    """
    _check(classifier, target)
    waiting, done = iter(images), 0
    while chunk := [load_picture(image) for image in islice(waiting, batch_size)]:
        some = None if clinical_features is None else clinical_features[done : done + len(chunk)]
        yield from _explained(classifier, chunk, target, some)
        done += len(chunk)


def _check(classifier: ECGClassifier, target: str) -> None:
    family = classifier.spec.family if classifier.table is None else classifier.table.family
    if family not in _EXPLAINED:
        known = ", ".join(f.value for f in _EXPLAINED)
        raise PredictorError(f"explanation of a {family.value} model", "needs a model of images", f"use one of {known}")
    if target not in classifier.targets:
        rule = f"is not what this model predicts, that is {', '.join(classifier.targets)}"
        raise PredictorError(f"target {target!r}", rule, "name one of its targets")


def _explained(
    classifier: ECGClassifier,
    images: list[NDArray[np.uint8]],
    target: str,
    features: Sequence[Row] | None,
) -> Iterator[Heatmap]:
    with exact_convolutions(classifier.device):
        probabilities, maps = grad_cam_plus_plus(classifier.network, classifier.inputs(images, features), target)
    for image, probability, evidence in zip(images, probabilities, maps, strict=True):
        yield Heatmap(target, float(probability), _scaled(evidence), (image.shape[1], image.shape[0]))


def _scaled(evidence: Mass) -> Mass:
    largest = evidence.max()
    return evidence / largest if largest > 0 else evidence

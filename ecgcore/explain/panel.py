"""The maps of many studies in one pass: the mean of each format and class, and a few studies of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ecgcore.explain.heat_overlay import overlay
from ecgcore.explain.heatmap import Heatmap, explain_all
from ecgcore.explain.mean_map import MeanMap, mean_maps
from ecgcore.explain.placement import format_of
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.features import Row
from ecgcore.predictor.picture import ImageSource, load_picture
from ecgcore.reports.page.box import Pixels

EXAMPLES = 3
_THIRD = 3


@dataclass(frozen=True)
class Example:
    """One study under its map, painted as :attr:`~ecgcore.explain.heatmap.Heatmap.heat` says.

    Args:
        ecg_format: name of the format.
        positive: the class, as CMR found it.
        probability: what the model says.
        picture: uint8 (h, w, 3) RGB, a third of the canonical image's size.
    """

    ecg_format: str
    positive: bool
    probability: float
    picture: Pixels = field(repr=False)


@dataclass(frozen=True)
class Panel:
    """What a model looks at for one target: mean maps and examples, in the order of the mean maps."""

    target: str
    means: tuple[MeanMap, ...]
    examples: tuple[Example, ...]

    def examples_of(self, mean: MeanMap) -> tuple[Example, ...]:
        """Return the examples of a mean map's format and class."""
        key = mean.ecg_format, mean.positive
        return tuple(e for e in self.examples if (e.ecg_format, e.positive) == key)


def explain_panel(
    classifier: ECGClassifier,
    images: Iterable[ImageSource],
    labels: Sequence[int],
    target: str,
    clinical_features: Sequence[Row] | None = None,
    examples: int = EXAMPLES,
) -> Panel:
    """Explain many canonical images; only the examples' pictures are kept.

    The examples of a format and class are the first in the order given, so that nobody picks those that look good.

    Args:
        classifier, images, target, clinical_features: as for :func:`~ecgcore.explain.heatmap.explain_all`.
        labels: 0 or 1 for each image.
        examples: how many of each format and class.

    Raises:
        PredictorError, ReportError: as ``explain_all``; or an image is of no known format.
        EvaluationError: a label is not 0 or 1, or there are not as many as images.
    """
    kept: list[Example] = []

    def heatmaps() -> Iterator[Heatmap]:
        pairs = _with_images(classifier, images, target, clinical_features)
        for number, (image, heatmap) in enumerate(pairs):
            if number < len(labels):
                _keep(kept, image, heatmap, bool(labels[number]), examples)
            yield heatmap

    means = mean_maps(heatmaps(), labels)
    order = [(mean.ecg_format, mean.positive) for mean in means]
    return Panel(target, means, tuple(sorted(kept, key=lambda e: order.index((e.ecg_format, e.positive)))))


def _with_images(
    classifier: ECGClassifier,
    images: Iterable[ImageSource],
    target: str,
    features: Sequence[Row] | None,
) -> Iterator[tuple[Pixels, Heatmap]]:
    pending: deque[Pixels] = deque()

    def watched() -> Iterator[Pixels]:
        for image in images:
            pending.append(load_picture(image))
            yield pending[-1]

    for heatmap in explain_all(classifier, watched(), target, features):
        yield pending.popleft(), heatmap


def _keep(kept: list[Example], image: Pixels, heatmap: Heatmap, positive: bool, most: int) -> None:
    name = format_of(heatmap.size).name
    if sum((e.ecg_format, e.positive) == (name, positive) for e in kept) < most:
        kept.append(Example(name, positive, heatmap.probability, _small(overlay(image, heatmap.heat))))


def _small(picture: Pixels) -> Pixels:
    size = (picture.shape[1] // _THIRD, picture.shape[0] // _THIRD)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from ecgcore.errors import EvaluationError
from ecgcore.explain.figure import panel_png
from ecgcore.explain.heat_overlay import overlay
from ecgcore.explain.heatmap import explain
from ecgcore.explain.mean_map import mean_maps
from ecgcore.explain.panel import Panel, explain_panel
from ecgcore.predictor.classifier import ECGClassifier

OLD, NEW = (1320, 2820), (2100, 1402)


def ecg(seed: int, shape: tuple[int, int]) -> np.ndarray:
    """White paper with a block of ink whose place depends on the seed."""
    image = np.full((*shape, 3), 255, np.uint8)
    y, x = np.random.default_rng(seed).integers(0, (shape[0] - 300, shape[1] - 300))
    image[y : y + 300, x : x + 300] = 0
    return image


@pytest.fixture(scope="module")
def classifier(model_dirs) -> ECGClassifier:
    return ECGClassifier(model_dirs["multi-task"])


SHAPES = (NEW, OLD, OLD, OLD, NEW, OLD)
LABELS = (1, 0, 1, 1, 0, 1)


@pytest.fixture(scope="module")
def panel(classifier) -> Panel:
    return explain_panel(classifier, (ecg(i, shape) for i, shape in enumerate(SHAPES)), LABELS, "scar", examples=2)


def test_the_means_are_those_of_the_single_maps(classifier, panel):
    heatmaps = [explain(classifier, ecg(i, shape), "scar") for i, shape in enumerate(SHAPES)]
    expected = mean_maps(heatmaps, LABELS)
    assert [(m.ecg_format, m.positive, m.studies) for m in panel.means] == [
        ("new", True, 1), ("new", False, 1), ("old", True, 3), ("old", False, 1)
    ]  # fmt: skip
    for found, wanted in zip(panel.means, expected, strict=True):
        np.testing.assert_allclose(found.share, wanted.share, atol=1e-8)


def test_the_examples_are_the_first_of_each_format_and_class(classifier, panel):
    assert [(e.ecg_format, e.positive) for e in panel.examples] == [
        ("new", True), ("new", False), ("old", True), ("old", True), ("old", False)
    ]  # fmt: skip
    second = panel.examples_of(panel.means[2])[1]
    heatmap = explain(classifier, ecg(3, OLD), "scar")
    assert second.probability == pytest.approx(heatmap.probability, abs=1e-6)
    drawn = overlay(ecg(3, OLD), heatmap.heat).astype(float)
    thirds = drawn.reshape(440, 3, 940, 3, 3).mean(axis=(1, 3))  # the mean of every 3 x 3 pixels
    assert second.picture.shape == (440, 940, 3)
    np.testing.assert_allclose(second.picture, thirds, atol=1)


def test_as_many_labels_as_images(classifier):
    with pytest.raises(EvaluationError, match="as many as the maps"):
        explain_panel(classifier, [ecg(0, OLD), ecg(1, OLD)], [1], "scar")
    with pytest.raises(EvaluationError, match="as many as the maps"):
        explain_panel(classifier, [ecg(0, OLD)], [1, 0], "scar")


def test_the_figure_shows_every_example_once_on_a_light_ground(panel):
    drawn = panel_png("What it looks at", panel, ("no scar", "scar"))
    image = np.asarray(Image.open(io.BytesIO(drawn)).convert("RGB"))
    assert image.shape[1] == 15 * 170
    assert (image.mean(axis=2) > 150).mean() > 0.9
    black = (image.max(axis=2) < 24).astype(np.uint8)  # the examples' ink; text and lines are lighter
    areas = cv2.connectedComponentsWithStats(black)[2][1:, cv2.CC_STAT_AREA]
    assert (areas > 500).sum() == len(panel.examples) == 5

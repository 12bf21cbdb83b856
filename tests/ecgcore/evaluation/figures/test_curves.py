"""Figures are PNGs of the stated size that show ink, and refuse what they cannot draw."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.figures.curves import Curve, calibration_png, gates_png, roc_png
from ecgcore.evaluation.gates.gate import GateKind, Severity
from ecgcore.evaluation.gates.verdict import GateResult, Side, Verdict


@pytest.fixture
def curve():
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], [30, 70])
    return Curve("candidate", labels, 1 / (1 + np.exp(-rng.normal(labels * 1.5 - 1))))


def pixels(png):
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    return np.asarray(image.convert("RGB")).astype(int)


def result(gate, kind, verdict, value, limit):
    interval = Interval(value, value - 0.05, value + 0.05, 0.95, "test")
    return GateResult(
        gate, kind, Severity.BLOCK, "scar", "new", "", interval, Side.ABOVE, limit, verdict, 100, None, ""
    )


def share_of(image, colour):
    return float((np.abs(image - np.array(colour)).max(axis=2) < 12).mean())


def test_roc_shows_both_curves_in_their_colours(curve):
    one, two = (
        pixels(roc_png("scar", [curve])),
        pixels(roc_png("scar", [curve, Curve("champion", curve.labels, curve.probabilities)])),
    )
    orange = (180, 84, 10)
    assert share_of(one, (11, 110, 153)) > 0.001
    assert share_of(one, orange) == 0
    assert share_of(two, orange) > 0.0005
    assert share_of(one, (255, 255, 255)) > 0.7


def test_roc_is_reproducible(curve):
    assert roc_png("scar", [curve]) == roc_png("scar", [curve])


def test_calibration_shows_ink(curve):
    assert share_of(pixels(calibration_png("scar", curve)), (11, 110, 153)) > 0.001


def test_gates_show_pass_and_fail_in_panels_of_their_unit():
    results = [
        result("floor auc scar new", GateKind.FLOOR, Verdict.PASS, 0.85, 0.75),
        result("floor auc lvef new", GateKind.FLOOR, Verdict.FAIL, 0.6, 0.75),
        result("non-inferior auc scar new", GateKind.NON_INFERIOR, Verdict.INCONCLUSIVE, -0.01, -0.03),
    ]
    image = pixels(gates_png("gates", results))
    for colour in ((27, 127, 75), (180, 35, 24), (161, 92, 0)):
        assert share_of(image, colour) > 0.0005


def test_what_cannot_be_drawn_is_refused(curve):
    with pytest.raises(EvaluationError, match="one to three curves"):
        roc_png("scar", [])
    with pytest.raises(EvaluationError, match="no gate with an interval"):
        gates_png("gates", [])
    with pytest.raises(EvaluationError, match="need both classes"):
        roc_png("scar", [Curve("x", [1, 1], [0.1, 0.2])])

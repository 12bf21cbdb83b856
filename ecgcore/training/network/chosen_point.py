"""The operating point of each target: where the deployed predictor's argmax, which knows 0.5 only, says positive.

A choice moves the intercept on the log odds, which is folded into the head. Each is made on validation, never on a test
set. A new way to choose is a member of ``PointKind`` and a line in :func:`_shift`.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from ecgcore.evaluation.estimate.answers.confusion import Confusion, confusion
from ecgcore.models.odds_line import OddsLine
from ecgcore.training.network.calibration import MIN_PER_CLASS, Calibration, Floats, fit_calibration, margins_of
from ecgcore.training.recipe.operating_point import CALIBRATED, OperatingPoint

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChosenPoint:
    """What is folded into the head of one target, and what it costs.

    Args:
        point: what the recipe asked for.
        calibration: found first.
        shift: added to the calibrated intercept, in log odds, at least 0. Where it is not 0, the probabilities shown
            are not the calibrated ones: one half stands for ``threshold``.
        calibrated: validation rows by label and answer at the calibrated point.
        chosen: the same at the chosen point.
    """

    point: OperatingPoint
    calibration: Calibration
    shift: float
    calibrated: Confusion
    chosen: Confusion

    @property
    def line(self) -> OddsLine:
        """What is folded into the head."""
        return self.calibration.line.shifted(self.shift)

    @property
    def threshold(self) -> float:
        """The calibrated probability above which the predictor says positive."""
        return float(expit(-self.shift))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON; ``folded`` is what the head holds."""
        return {
            "kind": self.point.kind.value,
            "sensitivity": self.point.sensitivity,
            "calibration": self.calibration.to_dict(),
            "shift": self.shift,
            "threshold": self.threshold,
            "folded": vars(self.line),
            "valid": {"calibrated": vars(self.calibrated), "chosen": vars(self.chosen)},
        }


def choose_points(
    points: Mapping[str, OperatingPoint] | None,
    logits: Mapping[str, np.ndarray],
    labels: np.ndarray,
    with_intercept: bool = True,
) -> dict[str, ChosenPoint]:
    """Calibrate each target and choose its operating point.

    Args:
        points: by target, from the recipe; None leaves each at the calibrated one.
        logits: ``(N, 2)`` by target.
        labels: ``(N, T)`` 0, 1 or -1 for missing, in the order of ``logits``.
        with_intercept: whether the heads have a bias; without one every point is the calibrated one.
    """
    wanted = points or {}
    return {
        target: choose_point(target, wanted.get(target, CALIBRATED), found, labels[:, number], with_intercept)
        for number, (target, found) in enumerate(logits.items())
    }


def choose_point(
    target: str, point: OperatingPoint, logits: np.ndarray, labels: np.ndarray, with_intercept: bool = True
) -> ChosenPoint:
    """Calibrate one target and choose its operating point on its validation rows.

    Args:
        target: for messages.
        point: from the recipe.
        logits: ``(N, 2)``.
        labels: ``(N,)`` 0, 1 or -1 for missing.
        with_intercept: whether the head has a bias.
    """
    calibration = fit_calibration(target, logits, labels, with_intercept)
    known = labels >= 0
    odds, truth = calibration.line.of(margins_of(logits[known])), labels[known]
    shift = _shift(target, point, odds[truth == 1], odds)
    return ChosenPoint(point, calibration, shift, _counts(odds, truth), _counts(odds + shift, truth))


def _shift(target: str, point: OperatingPoint, ill: Floats, odds: Floats) -> float:
    if point.sensitivity is None:
        return 0.0
    if ill.size < MIN_PER_CLASS:
        log.warning("%s: its operating point rests on %d validation positives", target, ill.size)
    return max(0.0, -highest_threshold(point.sensitivity, ill, odds)) if ill.size else 0.0


def highest_threshold(sensitivity: float, ill: Sequence[float] | Floats, odds: Sequence[float] | Floats) -> float:
    """Return the highest threshold above which at least ``sensitivity`` of ``ill`` lies.

    It lies half-way to the next lower row, so that rounding in the exported head moves nobody across it; one unit of
    log odds below the lowest row where there is none lower.

    Args:
        sensitivity: in (0, 1).
        ill: log odds of the positives, at least one.
        odds: of all rows.
    """
    ordered = np.sort(np.asarray(ill, np.float64))[::-1]
    last = ordered[math.ceil(round(sensitivity * ordered.size, 9)) - 1]
    lower = np.asarray(odds, np.float64)
    lower = lower[lower < last]
    return float((last + lower.max()) / 2) if lower.size else float(last - 1)


def _counts(odds: Floats, truth: np.ndarray) -> Confusion:
    return confusion(truth, odds, threshold=0.0) if truth.size else Confusion(0, 0, 0, 0)

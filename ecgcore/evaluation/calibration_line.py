"""Calibration of the log-odds: slope, intercept, and expected over observed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.brier import check_probabilities
from ecgcore.evaluation.cases import Floats, split_cases
from ecgcore.evaluation.interval import DEFAULT_LEVEL, Interval, normal_quantile
from ecgcore.evaluation.proportion import clopper_pearson

NEAREST = 1e-6
"""Probabilities nearer to 0 or 1 than this are taken as this near: their log-odds would be infinite."""
_STEPS, _HALVINGS, _TOLERANCE = 200, 60, 1e-10


@dataclass(frozen=True)
class CalibrationLine:
    """How the log-odds of the label depend on those predicted.

    Args:
        slope: 1 if right; below 1 the probabilities are too extreme.
        intercept_in_the_large: 0 if right; above 0 the probabilities are too low on average. The slope is held at 1.
        expected_over_observed: mean probability over share of positives, 1 if right.
    """

    slope: Interval
    intercept_in_the_large: Interval
    expected_over_observed: Interval


def calibration_line(labels: ArrayLike, probabilities: ArrayLike, level: float = DEFAULT_LEVEL) -> CalibrationLine:
    """Return the calibration in the weak sense (Van Calster et al., Journal of Clinical Epidemiology 2016).

    Slope and intercept are logistic regressions on the predicted log-odds, with Wald intervals. Expected over observed
    carries the Clopper-Pearson interval of the share of positives, the probabilities taken as given.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: between 0 and 1, shape (n,), not all equal.
        level: confidence level.

    Raises:
        EvaluationError: invalid numbers, a class without cases, equal probabilities, or classes that a threshold
            separates, so that no finite slope fits best.
    """
    truth = np.asarray(labels, dtype=np.float64)
    split_cases(truth, probabilities)
    odds = logit(np.clip(check_probabilities(probabilities, truth.size), NEAREST, 1 - NEAREST))
    if np.ptp(odds) == 0:
        raise EvaluationError("calibration slope", "is not defined for equal probabilities", "show the table instead")
    ones = np.ones((truth.size, 1))
    slope = _wald(*_fit(np.column_stack([ones, odds]), np.zeros_like(odds), truth), 1, level)
    large = _wald(*_fit(ones, odds, truth), 0, level)
    return CalibrationLine(slope, large, _expected_over_observed(truth, probabilities, level))


def _fit(design: Floats, offset: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """Return the maximum-likelihood coefficients (p,) and their covariance (p, p), by Newton's method with halving."""
    coefficients, old = np.zeros(design.shape[1]), -np.inf
    for _ in range(_STEPS):
        risk = expit(design @ coefficients + offset)
        information = (design * (risk * (1 - risk))[:, None]).T @ design
        step = _solve(information, design.T @ (truth - risk))
        coefficients, new = _halved(design, offset, truth, coefficients, step)
        if abs(new - old) <= _TOLERANCE * (abs(new) + 0.1) and np.abs(step).max() < 1e-6:
            return coefficients, _solve(information, np.eye(design.shape[1]))
        old = new
    raise _separated()


def _solve(information: Floats, right: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(information, right))
    except np.linalg.LinAlgError as e:
        raise _separated() from e


def _halved(design: Floats, offset: Floats, truth: Floats, start: Floats, step: Floats) -> tuple[Floats, float]:
    """Return the first of step, step / 2, ... that does not lose likelihood; the likelihood has a single peak."""
    base = _log_likelihood(design @ start + offset, truth)
    for halvings in range(_HALVINGS):
        moved = start + step / 2**halvings
        value = _log_likelihood(design @ moved + offset, truth)
        if value >= base:
            return moved, value
    return start, base


def _log_likelihood(odds: Floats, truth: Floats) -> float:
    return float(np.sum(truth * odds - np.logaddexp(0, odds)))


def _wald(coefficients: Floats, covariance: Floats, index: int, level: float) -> Interval:
    value, half = float(coefficients[index]), normal_quantile(level) * float(np.sqrt(covariance[index, index]))
    return Interval(value, value - half, value + half, level, "logistic regression, Wald")


def _expected_over_observed(truth: Floats, probabilities: ArrayLike, level: float) -> Interval:
    expected = float(np.mean(np.asarray(probabilities, dtype=np.float64)))
    share = clopper_pearson(float(truth.sum()), truth.size, level)
    method = f"{share.method} of the share of positives"
    return Interval(expected / share.value, expected / share.high, expected / share.low, level, method)


def _separated() -> EvaluationError:
    rule = "has no finite estimate, because a threshold separates the classes"
    return EvaluationError("calibration slope", rule, "show the reliability table instead")

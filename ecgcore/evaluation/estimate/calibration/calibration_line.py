"""Calibration of the log-odds: slope, intercept, and expected over observed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval, normal_quantile
from ecgcore.evaluation.estimate.proportion import clopper_pearson
from ecgcore.evaluation.frame.cases import Floats, check_probabilities, split_cases

NEAREST = 1e-6
"""Probabilities of 0 and 1, whose log-odds are infinite, are taken as this near, or as the nearest other one is."""
_STEPS, _HALVINGS, _TOLERANCE = 200, 60, 1e-6


@dataclass(frozen=True)
class CalibrationLine:
    """How the log-odds of the label depend on those predicted.

    Args:
        slope: 1 if right; below 1 the probabilities are too extreme. None where it has no finite estimate.
        intercept_in_the_large: 0 if right; above 0 the probabilities are too low on average. The slope is held at 1.
        expected_over_observed: mean probability over share of positives, 1 if right.
        no_slope: why there is no slope; empty where there is one.
    """

    slope: Interval | None
    intercept_in_the_large: Interval
    expected_over_observed: Interval
    no_slope: str = ""


def calibration_line(labels: ArrayLike, probabilities: ArrayLike, level: float = DEFAULT_LEVEL) -> CalibrationLine:
    """Return the calibration in the weak sense (Van Calster et al., Journal of Clinical Epidemiology 2016).

    Slope and intercept are logistic regressions on the predicted log-odds, with Wald intervals. Expected over observed
    carries the Clopper-Pearson interval of the share of positives, the probabilities taken as given. Where all
    probabilities are equal, or a threshold separates the classes, no finite slope fits best (Albert and Anderson,
    Biometrika 1984), while the other two, which hold it at 1 or do without it, stay defined.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: between 0 and 1, shape (n,).
        level: confidence level.

    Raises:
        EvaluationError: invalid numbers, or a class without cases.
    """
    truth = np.asarray(labels, dtype=np.float64)
    split_cases(truth, probabilities)
    odds = log_odds(check_probabilities(probabilities, truth.size))
    large = _wald(*_fit(np.ones((truth.size, 1)), odds, truth), 0, level)
    ratio = _expected_over_observed(truth, probabilities, level)
    slope, reason = _slope(truth, odds, level)
    return CalibrationLine(slope, large, ratio, reason)


def log_odds(probabilities: Floats) -> Floats:
    """Return finite log-odds in the order of the probabilities, shape (n,); see ``NEAREST``."""
    least = np.min(probabilities[probabilities > 0], initial=NEAREST)
    most = 1 - np.min(1 - probabilities[probabilities < 1], initial=NEAREST)
    return np.asarray(logit(np.clip(probabilities, least, most)))


def _slope(truth: Floats, odds: Floats, level: float) -> tuple[Interval | None, str]:
    """Return the slope, or why there is none: it is finite where the classes overlap by more than a tie at the edge."""
    if np.ptp(odds) == 0:
        return None, "is not defined for equal probabilities"
    ill, well = odds[truth == 1], odds[truth == 0]
    if ill.min() >= well.max() or well.min() >= ill.max():
        return None, "has no finite estimate, because a threshold separates the classes"
    try:
        fitted = _fit(np.column_stack([np.ones_like(odds), odds]), np.zeros_like(odds), truth)
    except EvaluationError as problem:
        return None, problem.rule
    return _wald(*fitted, 1, level), ""


def _fit(design: Floats, offset: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """Return the maximum-likelihood coefficients (p,) and their covariance (p, p), by Newton's method with halving.

    It ends where a step is a millionth of a standard error: in flat likelihoods a fixed length drowns in rounding.
    """
    coefficients = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        risk = expit(design @ coefficients + offset)
        information = (design * (risk * (1 - risk))[:, None]).T @ design
        gradient = design.T @ (truth - risk)
        try:
            covariance = np.linalg.inv(information)
        except np.linalg.LinAlgError as e:
            raise _unfitted() from e
        step = covariance @ gradient
        if gradient @ step < _TOLERANCE**2:
            return coefficients + step, covariance
        coefficients = _halved(design, offset, truth, coefficients, step)
    raise _unfitted()


def _halved(design: Floats, offset: Floats, truth: Floats, start: Floats, step: Floats) -> Floats:
    """Return the first of step, step / 2, ... that does not lose likelihood; the likelihood has a single peak."""
    base = _log_likelihood(design @ start + offset, truth)
    for halvings in range(_HALVINGS):
        moved = start + step / 2**halvings
        if _log_likelihood(design @ moved + offset, truth) >= base:
            return moved
    return start


def _log_likelihood(odds: Floats, truth: Floats) -> float:
    return -float(np.sum(np.logaddexp(0, np.where(truth == 1, -odds, odds))))


def _wald(coefficients: Floats, covariance: Floats, index: int, level: float) -> Interval:
    value, half = float(coefficients[index]), normal_quantile(level) * float(np.sqrt(covariance[index, index]))
    return Interval(value, value - half, value + half, level, "logistic regression, Wald")


def _expected_over_observed(truth: Floats, probabilities: ArrayLike, level: float) -> Interval:
    expected = float(np.mean(np.asarray(probabilities, dtype=np.float64)))
    share = clopper_pearson(float(truth.sum()), truth.size, level)
    method = f"{share.method} of the share of positives"
    return Interval(expected / share.value, expected / share.high, expected / share.low, level, method)


def _unfitted() -> EvaluationError:
    return EvaluationError("calibration", "found no best fit of the log-odds", "show the reliability table instead")

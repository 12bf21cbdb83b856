"""The temperature of each target, found on validation: calibration that changes no ranking and no argmax."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

log = logging.getLogger(__name__)

BOUNDS = (0.1, 10.0)
MIN_PER_CLASS = 10


@dataclass(frozen=True)
class Temperature:
    """Logits are divided by ``value``.

    Args:
        value: 1 if it could not be found.
        fitted: whether it was.
        negatives: labelled validation rows of class 0.
        positives: of class 1.
    """

    value: float
    fitted: bool
    negatives: int
    positives: int


def negative_log_likelihood(logits: np.ndarray, labels: np.ndarray, temperature: float) -> float:
    """Return the mean of ``-log softmax(logits / T)[label]``.

    Args:
        logits: ``(N, 2)``.
        labels: ``(N,)`` 0 or 1.
        temperature: above 0.
    """
    return float(np.mean(np.logaddexp(0.0, -_margins(logits, labels) / temperature)))


def _margins(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return by how much each row's right class leads."""
    return (logits[:, 1] - logits[:, 0]).astype(np.float64) * np.where(labels == 1, 1, -1)


def fit_temperature(target: str, logits: np.ndarray, labels: np.ndarray) -> Temperature:
    """Return the temperature within ``BOUNDS`` that minimises the negative log likelihood (Guo et al., 2017).

    With fewer than ``MIN_PER_CLASS`` rows of a class, or with rows all on their right side, it stays 1, with a warning.

    Args:
        target: for messages.
        logits: ``(N, 2)`` of the validation rows.
        labels: ``(N,)`` 0, 1 or -1 for missing.
    """
    negatives, positives = int((labels == 0).sum()), int((labels == 1).sum())
    if min(negatives, positives) < MIN_PER_CLASS:
        log.warning(
            "%s: validation has %d negatives and %d positives; calibration needs %d of each; temperature 1",
            target, negatives, positives, MIN_PER_CLASS,
        )  # fmt: skip
        return Temperature(1.0, False, negatives, positives)
    known = labels >= 0
    if (_margins(logits[known], labels[known]) >= 0).all():  # the likelihood then has no minimum above T = 0
        log.warning("%s: no validation row is on the wrong side, which calibrates nothing; temperature 1", target)
        return Temperature(1.0, False, negatives, positives)
    value = _minimise(logits[known], labels[known])
    if min(abs(np.log(value / bound)) for bound in BOUNDS) < 1e-3:
        log.warning(
            "%s: the temperature %.3g lies at its bound; validation may be too small or separable", target, value
        )
    return Temperature(value, True, negatives, positives)


def _minimise(logits: np.ndarray, labels: np.ndarray) -> float:
    found = minimize_scalar(
        lambda log_t: negative_log_likelihood(logits, labels, float(np.exp(log_t))),
        bounds=np.log(BOUNDS),
        method="bounded",
        options={"xatol": 1e-8},
    )
    return float(np.exp(found.x))

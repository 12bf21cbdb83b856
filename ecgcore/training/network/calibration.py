"""The calibration of each target, found on validation: a slope and an intercept on the log odds."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from ecgcore.models.odds_line import IDENTITY, OddsLine

log = logging.getLogger(__name__)

MIN_PER_CLASS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """What the validation rows say about a model's log odds.

    Args:
        line: to be folded into the head; the identity where none could be found.
        fitted: whether it was.
        reason: why it was not, or how it was fitted where plain maximum likelihood has no answer; else empty.
        negatives: labelled validation rows of class 0.
        positives: of class 1.
    """

    line: OddsLine
    fitted: bool
    reason: str
    negatives: int
    positives: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {**vars(self), "line": vars(self.line)}


def margins_of(logits: np.ndarray) -> Floats:
    """Return ``z1 - z0`` float64 (N,) of two-class logits (N, 2)."""
    return (logits[:, 1].astype(np.float64) - logits[:, 0].astype(np.float64)).astype(np.float64)


def fit_calibration(target: str, logits: np.ndarray, labels: np.ndarray, with_intercept: bool = True) -> Calibration:
    """Return the slope and intercept that maximise the likelihood of the validation labels (Cox, Biometrika 1958).

    Three cases have no such answer:

    - Fewer than ``MIN_PER_CLASS`` rows of a class, or equal log odds everywhere: the answers stay as they are.
    - The best slope is not above 0, because the model ranks validation no better than chance: folding it would turn
      the model round or make it constant, so the answers stay as they are.
    - A threshold separates the classes, so that the likelihood has no maximum: the labels are taken as
      ``(positives + 1) / (positives + 2)`` and ``1 / (negatives + 2)`` instead of 1 and 0 (Platt, 1999), which has one.

    Each is said in the log and in ``reason``.

    Args:
        target: for messages.
        logits: ``(N, 2)`` of the validation rows.
        labels: ``(N,)`` 0, 1 or -1 for missing.
        with_intercept: False where the head has no bias that could hold one: then the slope alone is fitted.
    """
    known = labels >= 0
    margins, truth = margins_of(logits[known]), labels[known].astype(np.float64)
    negatives, positives = int((truth == 0).sum()), int((truth == 1).sum())
    line, reason = _fit(margins, truth, negatives, positives, with_intercept)
    if reason:
        log.warning("%s: %s", target, reason)
    return Calibration(line or IDENTITY, line is not None, reason, negatives, positives)


def _fit(
    margins: Floats, truth: Floats, negatives: int, positives: int, with_intercept: bool
) -> tuple[OddsLine | None, str]:
    if min(negatives, positives) < MIN_PER_CLASS:
        few = f"validation has {negatives} negatives and {positives} positives; calibration needs {MIN_PER_CLASS}"
        return None, f"{few} of each; the answers stay as they are"
    if np.ptp(margins) == 0:
        return None, "the log odds are the same for every validation row; the answers stay as they are"
    reason = ""
    if separated(margins, truth, with_intercept):
        reason = "a threshold separates the classes in validation; fitted on Platt's targets instead of 0 and 1"
        truth = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, intercept = maximum_likelihood(margins, truth, with_intercept)
    if slope <= 0:
        found = f"the best slope on validation is {slope:.3g}, not above 0: the model ranks no better than chance there"
        return None, f"{found}; the answers stay as they are"
    return OddsLine(slope, intercept), reason


def separated(margins: Floats, truth: Floats, with_intercept: bool) -> bool:
    """Return whether a threshold (0, where there is no intercept) has each class on its own side, or on the edge.

    The likelihood then has no maximum (Albert and Anderson, Biometrika 1984).
    """
    ill, well = margins[truth == 1], margins[truth == 0]
    if not with_intercept:
        return bool(ill.min() >= 0 >= well.max() or well.min() >= 0 >= ill.max())
    return bool(ill.min() >= well.max() or well.min() >= ill.max())


def maximum_likelihood(margins: Floats, truth: Floats, with_intercept: bool = True) -> tuple[float, float]:
    """Return the slope and intercept of a logistic regression of ``truth`` (0..1) on ``margins``, both (N,).

    The margins are standardised while it searches, so that it finds its way whatever their scale.
    """
    centre = float(margins.mean()) if with_intercept else 0.0
    scale = float(np.sqrt(np.mean((margins - centre) ** 2)))
    design = np.column_stack([(margins - centre) / scale, np.full(margins.size, float(with_intercept))])

    def loss(line: Floats) -> tuple[float, Floats]:
        odds = design @ line
        gradient = design.T @ (expit(odds) - truth) / truth.size
        return float(np.mean(np.logaddexp(0.0, odds) - truth * odds)), gradient

    def curvature(line: Floats) -> Floats:
        risk = expit(design @ line)
        found: Floats = (design * (risk * (1 - risk))[:, None]).T @ design / truth.size
        return found

    found = minimize(
        loss, np.zeros(2), jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-10, "maxiter": 500}
    )
    slope = float(found.x[0]) / scale
    return slope, float(found.x[1]) * float(with_intercept) - slope * centre

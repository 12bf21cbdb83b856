"""The difference of two areas under the ROC curve on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from ecgcore.evaluation.estimate.bound import hoeffding_interval, unordered_bound
from ecgcore.evaluation.estimate.discrimination.auc import NO_VARIANCE, Placements, placements
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval, normal_quantile
from ecgcore.evaluation.frame.cases import Cases, Floats, split_cases

SAME_ORDER = "exact bound of disjoint pairs, no pair ordered differently"


@dataclass(frozen=True)
class PairedDifference:
    """Candidate minus champion on the same rows.

    Args:
        difference: the AUC difference with its interval.
        candidate: the candidate's AUC.
        champion: the champion's AUC.
        standard_error: DeLong's standard error of the difference, NaN-free; 0 where the sample shows no variance.
    """

    difference: Interval
    candidate: float
    champion: float
    standard_error: float


def paired_difference(
    labels: ArrayLike, candidate: ArrayLike, champion: ArrayLike, level: float = DEFAULT_LEVEL
) -> PairedDifference:
    """Return AUC(candidate) - AUC(champion) with DeLong's paired interval.

    The variance is that of the mean of the differences of placements, which holds the covariance term of DeLong,
    DeLong and Clarke-Pearson (Biometrics 1988, equation 6). Where it is zero, conservative bounds replace it (see
    ``bound``).

    Args:
        labels: 0 or 1, shape (n,).
        candidate: scores of the candidate on the rows of ``labels``, shape (n,).
        champion: scores of the champion on the same rows, shape (n,).
        level: confidence level.

    Raises:
        EvaluationError: NaN, lengths that differ, or a class without cases.
    """
    new, old = split_cases(labels, candidate), split_cases(labels, champion)
    placed_new, placed_old = placements(new.positive, new.negative), placements(old.positive, old.negative)
    value = float(placed_new.auc - placed_old.auc)
    variance = _difference_variance(placed_new, placed_old)
    interval = _asymptotic(value, variance, level) if variance > NO_VARIANCE else _degenerate(value, new, old, level)
    error = float(np.sqrt(variance)) if variance > NO_VARIANCE else 0.0
    return PairedDifference(interval, float(placed_new.auc), float(placed_old.auc), error)


def paired_p_value(found: PairedDifference) -> float:
    """Return the two-sided p-value of no difference: DeLong's, from the normal distribution.

    Without variance it is 1 where no pair is ordered differently; else no asymptotic p-value exists, and it is 1 unless
    the Hoeffding interval of ``found`` excludes 0, when it is 1 less the level.
    """
    value, error = found.difference.value, found.standard_error
    if error > 0:
        return float(2 * ndtr(-abs(value) / error))
    return 1.0 if found.difference.low <= 0 <= found.difference.high else 1 - found.difference.level


def _difference_variance(new: Placements, old: Placements) -> float:
    return float(Placements(new.positive - old.positive, new.negative - old.negative).variance)


def _asymptotic(value: float, variance: float, level: float) -> Interval:
    half = normal_quantile(level) * float(np.sqrt(variance))
    return Interval(value, max(-1.0, value - half), min(1.0, value + half), level, "DeLong, paired")


def _degenerate(value: float, new: Cases, old: Cases, level: float) -> Interval:
    if np.array_equal(_order(new), _order(old)):
        bound = unordered_bound(new.fewest, level)
        return Interval(0.0, -bound, bound, level, SAME_ORDER)
    return hoeffding_interval(value, new.fewest, level, (-1.0, 1.0))


def _order(cases: Cases) -> Floats:
    return np.sign(cases.positive[:, None] - cases.negative[None, :])

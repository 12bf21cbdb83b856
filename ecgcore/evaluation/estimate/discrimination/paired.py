"""The difference of two areas under the ROC curve on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from ecgcore.evaluation.estimate.bound import NO_PAIR, hoeffding_interval, unordered_bound
from ecgcore.evaluation.estimate.discrimination.auc import BY_PATIENT, NO_VARIANCE, Placements, placements
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.paired_share import paired_shares, small_sample_quantile
from ecgcore.evaluation.frame.cases import Cases, Floats, split_cases
from ecgcore.evaluation.frame.patients import clusters

SAME_ORDER = "exact bound of disjoint pairs, no pair ordered differently"
SCORE = "score interval of rightly ordered pairs"
MOST_PER_CASE = 2
"""The pairs of a positive and a negative count for at most so many independent ones per patient. Scores that hardly
differ would else make each of the m n pairs count by itself, and a difference of a few pairs look certain."""
_CELLS = 4_000_000  # pairs compared at once: 32 MB


@dataclass(frozen=True)
class PairedDifference:
    """Candidate minus champion on the same rows.

    Args:
        difference: the AUC difference with its interval.
        candidate: the candidate's AUC.
        champion: the champion's AUC.
        standard_error: DeLong's standard error of the difference, or Obuchowski's where a patient has several cases;
            NaN-free; 0 where the sample shows no variance.
    """

    difference: Interval
    candidate: float
    champion: float
    standard_error: float


def paired_difference(
    labels: ArrayLike,
    candidate: ArrayLike,
    champion: ArrayLike,
    level: float = DEFAULT_LEVEL,
    patients: ArrayLike | None = None,
) -> PairedDifference:
    """Return AUC(candidate) - AUC(champion) with its score interval.

    An AUC is the share of pairs of a positive and a negative that a model orders rightly, so the difference is one of
    paired proportions. Its interval is Tango's (see ``paired_share``) for as many independent pairs as would give the
    difference the variance that it has: that of the mean of the differences of placements, which holds the covariance
    term of DeLong, DeLong and Clarke-Pearson (Biometrics 1988, equation 6). The quantile is Student's, for the smaller
    class. A candidate that is worse by the margin passes in at most 2.5 % of samples from 12 positives and 40 negatives
    on, where DeLong's own interval lets 3 to 14 % pass (``evaluation.simulation.size`` prints the table). Where the
    variance is zero, conservative bounds replace it (see ``bound``).

    Args:
        labels: 0 or 1, shape (n,).
        candidate: scores of the candidate on the rows of ``labels``, shape (n,).
        champion: scores of the champion on the same rows, shape (n,).
        level: confidence level.
        patients: anything that tells patients apart, shape (n,); None where every row is of another patient.

    Raises:
        EvaluationError: NaN, lengths that differ, or a class without cases.
    """
    new, old, whose = split_cases(labels, candidate), split_cases(labels, champion), clusters(labels, patients)
    placed_new, placed_old = placements(new.positive, new.negative), placements(old.positive, old.negative)
    value = float(placed_new.auc - placed_old.auc)
    variance = float(moved(placed_new, placed_old).variance_by(whose))
    pairs, independent = (whose.pairs, whose.patients) if whose else (new.fewest, new.positive.size + new.negative.size)
    ahead, behind = unlike_order(new, old)
    if variance > NO_VARIANCE and pairs > 1:
        shares = paired_shares(ahead, behind, np.asarray(variance), MOST_PER_CASE * independent)
        low, high = shares.ends(small_sample_quantile(pairs, level))
        method = f"{SCORE}, {BY_PATIENT if whose else 'DeLong'}"
        interval = Interval(value, min(float(low), value), max(float(high), value), level, method)
        return PairedDifference(interval, float(placed_new.auc), float(placed_old.auc), float(np.sqrt(variance)))
    same = float(ahead + behind) == 0
    return PairedDifference(_degenerate(value, pairs, level, same), float(placed_new.auc), float(placed_old.auc), 0.0)


def paired_p_value(found: PairedDifference) -> float:
    """Return the two-sided p-value of no difference: DeLong's, from the normal distribution.

    Without variance it is 1 where no pair is ordered differently; else no asymptotic p-value exists, and it is 1 unless
    the Hoeffding interval of ``found`` excludes 0, when it is 1 less the level.
    """
    value, error = found.difference.value, found.standard_error
    if error > 0:
        return float(2 * ndtr(-abs(value) / error))
    return 1.0 if found.difference.low <= 0 <= found.difference.high else 1 - found.difference.level


def moved(new: Placements, old: Placements) -> Placements:
    """Return how much higher the new scores place each case; its mean is the difference of the areas."""
    return Placements(new.positive - old.positive, new.negative - old.negative)


def unlike_order(new: Cases, old: Cases) -> tuple[Floats, Floats]:
    """Return the shares of pairs that only the new scores, and that only the old ones, order rightly.

    A pair tied by one of them counts half. The scores of both are of shape (..., m) and (..., n), the shares (...).
    """
    ahead = behind = np.zeros(new.negative.shape[:-1])
    rows = max(1, _CELLS // new.negative.size)
    for start in range(0, new.positive.shape[-1], rows):
        gain = (_order(new, start, rows) - _order(old, start, rows)) / 2
        ahead = ahead + np.maximum(gain, 0).sum(axis=(-2, -1))
        behind = behind + np.maximum(-gain, 0).sum(axis=(-2, -1))
    count = new.positive.shape[-1] * new.negative.shape[-1]
    return ahead / count, behind / count


def _order(cases: Cases, start: int, rows: int) -> Floats:
    return np.sign(cases.positive[..., start : start + rows, None] - cases.negative[..., None, :])


def _degenerate(value: float, pairs: int, level: float, same_order: bool) -> Interval:
    if pairs == 0:
        return Interval(value, -1.0, 1.0, level, NO_PAIR)
    if same_order:
        bound = unordered_bound(pairs, level)
        return Interval(0.0, -bound, bound, level, SAME_ORDER)
    return hoeffding_interval(value, pairs, level, (-1.0, 1.0))

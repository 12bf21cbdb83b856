"""Specificity where the sensitivity is held at a wanted value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.ranking import Counts, rank
from ecgcore.evaluation.estimate.resampling import (
    DEFAULT_RESAMPLING,
    Resampling,
    percentile_method,
    resampled,
    resampled_interval,
)
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.sample import Sample

SENSITIVITIES = (0.80, 0.90, 0.95)
_ROUNDING = 1e-9  # 0.8 * 5 positives is 4 of 5


@dataclass(frozen=True)
class FixedSensitivity:
    """The best that the scores can do at a wanted sensitivity.

    Args:
        wanted: sensitivity to reach.
        threshold: the highest score that reaches it when studies at or above it are called positive. It is chosen on
            these very studies: on new ones the sensitivity will differ from ``reached``.
        reached: the sensitivity of that threshold here, at least ``wanted``.
        specificity: with an interval that covers the choice of the threshold.
    """

    wanted: float
    threshold: float
    reached: float
    specificity: Interval


def specificity_at_sensitivity(
    sample: Sample,
    wanted: Sequence[float] = SENSITIVITIES,
    level: float = DEFAULT_LEVEL,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> tuple[FixedSensitivity, ...]:
    """Return the specificity at each wanted sensitivity.

    A binomial interval at the threshold found would take it as given, although it moves with the positives. So the
    interval is that of resampled patients (percentile), with the threshold chosen anew in each draw. At 100 positives
    and 300 negatives it covers 93 to 94 %; at 40 and 160 it covers 94, 91 and 89 % at 80, 90 and 95 % sensitivity
    (simulated). Where the draws repeat the value it is the whole range.

    Args:
        sample: the studies.
        wanted: sensitivities above 0, up to 1.
        level: confidence level.
        resampling: draws and seed.

    Raises:
        EvaluationError: a wanted sensitivity is out of range, or a draw lacks negatives.
    """
    wrong = [w for w in wanted if not 0 < w <= 1]
    if wrong:
        raise EvaluationError("sensitivity", f"must lie above 0 and up to 1, is {wrong[0]}", "use 0.8, 0.9 or 0.95")
    ranking, goals = rank(sample), np.asarray(wanted, dtype=np.float64)
    counts = ranking.counts(np.ones(sample.n))
    places = _places(counts, goals)
    draws = resampled(sample, lambda w: _specificities(ranking.counts(w), goals), resampling)
    method = percentile_method(resampling, "threshold chosen anew in each")
    return tuple(
        FixedSensitivity(
            wanted=float(goal),
            threshold=float(ranking.thresholds[place]),
            reached=float(counts.sensitivity[place]),
            specificity=resampled_interval(float(counts.specificity[place]), draws[:, i], level, method),
        )
        for i, (goal, place) in enumerate(zip(goals, places, strict=True))
    )


def _places(counts: Counts, goals: Floats) -> np.ndarray:
    reached = counts.sensitivity[..., None, :] >= goals[:, None] - _ROUNDING
    return np.argmax(reached, axis=-1)


def _specificities(counts: Counts, goals: Floats) -> Floats:
    return np.take_along_axis(counts.specificity, _places(counts, goals), axis=-1)

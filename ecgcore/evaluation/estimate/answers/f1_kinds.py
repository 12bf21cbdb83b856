"""The four numbers that papers call F1, each named for what it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT, confusion
from ecgcore.evaluation.estimate.answers.f1 import f1
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.ranking import Counts, Ranking, counts_above, rank
from ecgcore.evaluation.estimate.resampling import DEFAULT_RESAMPLING, Resampling, Strata, bootstrap_interval
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.sample import Sample


class F1Kind(StrEnum):
    """Which class is scored, and at which threshold."""

    POSITIVE = "f1-positive"
    WEIGHTED = "f1-weighted"
    POSITIVE_BEST = "f1-positive-best"
    WEIGHTED_BEST = "f1-weighted-best"

    @property
    def caption(self) -> str:
        """Return the name that tables show."""
        of = "F1, weighted by class" if self.weighted else "F1 of the positive class"
        return f"{of}, best threshold on the same rows" if self.best else f"{of}, at the operating point"

    @property
    def weighted(self) -> bool:
        """Whether both classes are averaged by their share, so that the majority class dominates."""
        return self in (F1Kind.WEIGHTED, F1Kind.WEIGHTED_BEST)

    @property
    def best(self) -> bool:
        """Whether the threshold maximises the number on the rows it is computed on, which flatters it."""
        return self in (F1Kind.POSITIVE_BEST, F1Kind.WEIGHTED_BEST)


@dataclass(frozen=True)
class F1Score:
    """One F1 with its interval and threshold.

    Args:
        kind: what it is.
        value: with an exact interval for POSITIVE, else that of resampled patients; a best threshold is chosen anew in
            each draw.
        threshold: studies strictly above it (operating point) or at or above it (best) are called positive; infinity
            where calling nobody is best.
    """

    kind: F1Kind
    value: Interval
    threshold: float


def f1_score(
    sample: Sample,
    kind: F1Kind,
    threshold: float = OPERATING_POINT,
    level: float = DEFAULT_LEVEL,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> F1Score:
    """Return one kind of F1. The study printed WEIGHTED_BEST; see :func:`always_no` for what that is worth.

    Args:
        sample: the studies.
        kind: what to compute.
        threshold: the operating point; the best kinds ignore it and find their own.
        level: confidence level.
        resampling: draws and seed.

    Raises:
        EvaluationError: POSITIVE is not defined, for want of any positive.
    """
    if kind.best:
        return _best(sample, kind, level, resampling)
    if not kind.weighted:
        table = confusion(sample.labels, sample.probabilities, threshold)
        return F1Score(kind, f1(table, level), threshold)
    found = bootstrap_interval(
        sample, lambda w: weighted_f1(counts_above(sample, threshold, w))[..., 0], level, resampling, Strata.NONE
    )
    return F1Score(kind, found, threshold)


def always_no(prevalence: float) -> float:
    """Return the class-weighted F1 of calling nobody positive: (1 - p) * 2 (1 - p) / (2 - p), .88 at p = .08."""
    return 2 * (1 - prevalence) ** 2 / (2 - prevalence)


def positive_f1(counts: Counts) -> Floats:
    """Return 2 TP / (2 TP + FP + FN) at each threshold, shape (..., k); 0 where there is no positive at all."""
    return _f1(counts.true_positive, counts.false_positive, counts.positives)


def weighted_f1(counts: Counts) -> Floats:
    """Return the F1 of both classes weighted by their share, at each threshold, shape (..., k)."""
    true_negative = counts.negatives - counts.false_positive
    false_negative = counts.positives - counts.true_positive
    negative = _f1(true_negative, false_negative, counts.negatives)
    total = counts.positives + counts.negatives
    return (counts.positives * positive_f1(counts) + counts.negatives * negative) / total


def _f1(found: Floats, wrong: Floats, all_of_class: Floats) -> Floats:
    return 2 * found / np.maximum(found + wrong + all_of_class, 1.0)


def f1_curve(counts: Counts, kind: F1Kind) -> Floats:
    """Return the F1 of the class or classes that ``kind`` scores, at each threshold, shape (..., k)."""
    return weighted_f1(counts) if kind.weighted else positive_f1(counts)


def _best(sample: Sample, kind: F1Kind, level: float, resampling: Resampling) -> F1Score:
    ranking = rank(sample)
    found = bootstrap_interval(
        sample,
        lambda w: f1_curve(ranking.counts(w), kind).max(axis=-1),
        level,
        resampling,
        Strata.NONE,
        "threshold chosen anew in each",
    )
    return F1Score(kind, found, _best_threshold(sample, ranking, kind))


def _best_threshold(sample: Sample, ranking: Ranking, kind: F1Kind) -> float:
    curve = f1_curve(ranking.counts(np.ones(sample.n)), kind)
    return float(ranking.thresholds[int(np.argmax(curve))])

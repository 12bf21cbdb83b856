"""The score of a model in screening samples of a chosen prevalence, drawn from a test set of another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT
from ecgcore.evaluation.estimate.answers.f1_kinds import F1Kind, always_no, f1_curve
from ecgcore.evaluation.estimate.discrimination.bootstrap_auc import area
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval, normal_quantile
from ecgcore.evaluation.estimate.ranking import Counts, counts_above, rank
from ecgcore.evaluation.estimate.resampling import Resampling, percentile_interval
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.sample import Sample

STUDY_POSITIVES, STUDY_NEGATIVES = 40, 460
STUDY_RESAMPLING = Resampling(draws=1000, seed=0)


@dataclass(frozen=True)
class DrawnScore:
    """A score over many drawn samples.

    Args:
        percentiles: the mean of the draws with their central share: how much the score varies from one screening sample
            of this size to the next.
        of_mean: the mean with the interval of the mean of the draws. It shrinks with the number of draws and says
            nothing of the model; the study printed it.
    """

    percentiles: Interval
    of_mean: Interval


@dataclass(frozen=True)
class PrevalenceAnalysis:
    """The study's prevalence-specific analysis.

    Args:
        positives, negatives: of each draw.
        auc: over the draws.
        f1: one per kind; the best kinds choose their threshold anew in each draw.
        f1_always_no: class-weighted F1 of calling nobody positive at this prevalence, which a weighted F1 must beat.
    """

    positives: int
    negatives: int
    auc: DrawnScore
    f1: dict[F1Kind, DrawnScore]
    f1_always_no: float

    @property
    def prevalence(self) -> float:
        """Return the share of positives in each draw."""
        return self.positives / (self.positives + self.negatives)


def at_prevalence(
    sample: Sample,
    positives: int = STUDY_POSITIVES,
    negatives: int = STUDY_NEGATIVES,
    threshold: float = OPERATING_POINT,
    level: float = DEFAULT_LEVEL,
    resampling: Resampling = STUDY_RESAMPLING,
) -> PrevalenceAnalysis:
    """Draw ``positives`` and ``negatives`` studies with replacement, many times, and score each draw.

    Args:
        sample: the test set; the study took its new-format one.
        positives, negatives: of each draw, at least 1; 40 and 460 make the study's 8 %.
        threshold: the operating point.
        level: of both intervals.
        resampling: draws and seed.

    Raises:
        EvaluationError: ``positives`` or ``negatives`` is below 1.
    """
    if min(positives, negatives) < 1:
        raise EvaluationError("prevalence", "needs at least one study of each class per draw", "use 40 and 460")
    weights = _weights(sample, positives, negatives, resampling)
    ranked, fixed = rank(sample).counts(weights), counts_above(sample, threshold, weights)
    drawn = {kind: _f1(ranked if kind.best else fixed, kind) for kind in F1Kind}
    return PrevalenceAnalysis(
        positives=positives,
        negatives=negatives,
        auc=_drawn_score(area(ranked), level),
        f1={kind: _drawn_score(values, level) for kind, values in drawn.items()},
        f1_always_no=always_no(positives / (positives + negatives)),
    )


def _weights(sample: Sample, positives: int, negatives: int, resampling: Resampling) -> Floats:
    rng = np.random.default_rng(resampling.seed)
    weights = np.zeros((resampling.draws, sample.n))
    for mask, wanted in ((sample.labels, positives), (~sample.labels, negatives)):
        size = int(mask.sum())
        weights[:, mask] = rng.multinomial(wanted, np.full(size, 1 / size), size=resampling.draws)
    return weights


def _f1(counts: Counts, kind: F1Kind) -> Floats:
    return np.asarray(f1_curve(counts, kind).max(axis=-1))


def _drawn_score(values: Floats, level: float) -> DrawnScore:
    mean = float(values.mean())
    half = normal_quantile(level) * float(values.std(ddof=1)) / np.sqrt(values.size)
    return DrawnScore(
        percentile_interval(mean, values, level, f"percentiles of {values.size} draws"),
        Interval(mean, mean - half, mean + half, level, f"interval of the mean of {values.size} draws, as published"),
    )

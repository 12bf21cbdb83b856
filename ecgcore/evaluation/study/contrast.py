"""Variants of a training against their base on the same rows, over the seeds of both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.auc import auc
from ecgcore.evaluation.estimate.discrimination.paired import PairedDifference, paired_difference
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.paired_tests import holm
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.predictions import (
    PROBABILITY_SUFFIX,
    labelled,
    labels_and_probabilities,
    rows_of,
    rows_sha256,
    target_names,
)
from ecgcore.evaluation.study.training_noise import TotalError, TrainingNoise

METHOD = "DeLong, paired, and training noise"
CASES_ONLY = "DeLong, paired"

_EDGE = 1e-12  # a probability of exactly 0 or 1 has no logit


class ContrastResult(StrEnum):
    """What a contrast shows after Holm's correction."""

    BETTER = "better"
    WORSE = "worse"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Contrast:
    """One variant against the base, for one target.

    Args:
        variant, target, place: what is compared, and on which rows.
        n, positives: labelled rows.
        base, candidate: AUC of the mean of the seeds' logits.
        difference: candidate minus base.
        seeds: by seed, the AUC difference of the two models trained with it.
        case_error: DeLong's standard error of the difference.
        seed_error: standard error from training noise; NaN with a single seed.
        p_value: of no difference, two-sided.
        p_holm: the same, corrected for all contrasts of the experiment.
    """

    variant: str
    target: str
    place: str
    n: int
    positives: int
    base: float
    candidate: float
    difference: Interval
    seeds: tuple[float, ...]
    case_error: float
    seed_error: float
    p_value: float
    p_holm: float

    @property
    def finding(self) -> ContrastResult:
        """Better or worse if the corrected p-value is below 1 less the interval's level."""
        if self.p_holm >= 1 - self.difference.level:
            return ContrastResult.UNDECIDED
        return ContrastResult.BETTER if self.difference.value > 0 else ContrastResult.WORSE


@dataclass(frozen=True)
class _Scores:
    """One arm on one target: labels, probabilities of the mean logits, and each seed's AUC."""

    labels: Floats
    mean: Floats
    aucs: tuple[float, ...]
    rows_sha256: str


def mean_over_seeds(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the first frame with the probabilities that belong to the mean of all frames' logits.

    Raises:
        EvaluationError: the frames are not of the same studies in the same order.
    """
    first = frames[0]
    if any(not frame["study_id"].equals(first["study_id"]) for frame in frames[1:]):
        raise EvaluationError("seeds", "were not scored on the same studies", "score all runs on one snapshot")
    columns = [target + PROBABILITY_SUFFIX for target in target_names(first)]
    logits = [logit(frame[columns].to_numpy(np.float64).clip(_EDGE, 1 - _EDGE)) for frame in frames]
    return first.assign(**dict(zip(columns, expit(np.mean(logits, axis=0)).T, strict=True)))


def contrasts(
    arms: Mapping[str, Sequence[pd.DataFrame]], base: str, places: Sequence[str], level: float = DEFAULT_LEVEL
) -> tuple[Contrast, ...]:
    """Compare every arm with the base in every place, on every target that both classes are labelled of.

    The difference is that of the AUCs of the mean logits. Its standard error has two parts: DeLong's paired one, for
    the choice of cases, and training noise, for the choice of seeds (see ``trainingnoise``). DeLong's test alone would
    ask whether these very networks differ, not whether the two ways to train do. All contrasts together are one family
    for Holm's correction.

    Args:
        arms: predictions frames by arm, one per seed, in the same order of seeds.
        base: the arm that the others are compared with.
        places: values of ``test_set``; the rows of each are compared by themselves.
        level: of the intervals and findings.

    Raises:
        EvaluationError: arms of different rows or numbers of seeds, no such base, or nothing to compare.
    """
    if base not in arms or len(arms) < 2:
        raise EvaluationError("contrasts", f"need {base!r} and one arm more, have {sorted(arms)}", "train them first")
    groups = [(target, place) for place in places for target in _decidable(arms[base][0], place)]
    return _corrected([c for target, place in groups for c in _at(arms, base, target, place, level)])


def _decidable(frame: pd.DataFrame, place: str) -> list[str]:
    """Return the targets of which the place holds positives and negatives."""
    found = [target for target in target_names(frame) if _rows(frame, target, place)[f"{target}_label"].nunique() == 2]
    if not found:
        raise EvaluationError(f"rows of {place}", "hold both classes of no target", "label more studies")
    return found


def _at(arms: Mapping[str, Sequence[pd.DataFrame]], base: str, target: str, place: str, level: float) -> list[Contrast]:
    scores = {name: _scores(frames, target, place) for name, frames in arms.items()}
    noise = TrainingNoise.pooled([each.aucs for each in scores.values()])
    others = [name for name in arms if name != base]
    return [_contrast(name, target, place, scores[name], scores[base], noise, level) for name in others]


def _scores(frames: Sequence[pd.DataFrame], target: str, place: str) -> _Scores:
    rows = [_rows(frame, target, place) for frame in frames]
    labels, mean = labels_and_probabilities(_rows(mean_over_seeds(frames), target, place), target)
    aucs = tuple(auc(*labels_and_probabilities(each, target)) for each in rows)
    return _Scores(labels, mean, aucs, rows_sha256(rows[0], target))


def _rows(frame: pd.DataFrame, target: str, place: str) -> pd.DataFrame:
    return labelled(rows_of(frame, target, place), target)


def _contrast(
    name: str, target: str, place: str, new: _Scores, old: _Scores, noise: TrainingNoise, level: float
) -> Contrast:
    if new.rows_sha256 != old.rows_sha256:
        raise EvaluationError(f"{target} on {place}", "arms were not scored on the same rows", "score one snapshot")
    paired = paired_difference(new.labels, new.mean, old.mean, level)
    total = TotalError.of(paired.standard_error, noise)
    p_value = total.p_value(paired.difference.value)
    return Contrast(
        variant=name,
        target=target,
        place=place,
        n=new.labels.size,
        positives=int(new.labels.sum()),
        base=paired.champion,
        candidate=paired.candidate,
        difference=_interval(paired, total, level),
        seeds=tuple(a - b for a, b in zip(new.aucs, old.aucs, strict=True)),
        case_error=paired.standard_error,
        seed_error=noise.of_difference,
        p_value=p_value,
        p_holm=p_value,
    )


def _interval(paired: PairedDifference, total: TotalError, level: float) -> Interval:
    if total.error == 0:
        return paired.difference  # a conservative bound
    value, half = paired.difference.value, total.half_width(level)
    method = CASES_ONLY if math.isinf(total.degrees) else METHOD
    return Interval(value, max(-1.0, value - half), min(1.0, value + half), level, method)


def _corrected(found: Sequence[Contrast]) -> tuple[Contrast, ...]:
    adjusted = holm([each.p_value for each in found])
    return tuple(replace(each, p_holm=float(p)) for each, p in zip(found, adjusted, strict=True))


def contrast_table(found: Sequence[Contrast]) -> pd.DataFrame:
    """Return one row per contrast, unrounded; the seeds' differences in one column, apart by blanks."""
    return pd.DataFrame(
        {
            "variant": [c.variant for c in found],
            "target": [c.target for c in found],
            "place": [c.place for c in found],
            "n": [c.n for c in found],
            "positives": [c.positives for c in found],
            "auc_base": [c.base for c in found],
            "auc_variant": [c.candidate for c in found],
            "difference": [c.difference.value for c in found],
            "low": [c.difference.low for c in found],
            "high": [c.difference.high for c in found],
            "case_error": [c.case_error for c in found],
            "seed_error": [c.seed_error for c in found],
            "seed_differences": [" ".join(f"{value:+.4f}" for value in c.seeds) for c in found],
            "p_value": [c.p_value for c in found],
            "p_holm": [c.p_holm for c in found],
            "finding": [c.finding.value for c in found],
        }
    )

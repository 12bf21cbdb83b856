"""Resampling patients: the bootstrap for statistics without a formula for their variance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval, check_level
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.sample import Sample

REPEATED = "the whole range, because resampling repeats the value"
_CELLS = 1_000_000  # weights held at once: 8 MB
_ROUNDING = 1e-12  # areas are sums of some hundred steps


@dataclass(frozen=True)
class Resampling:
    """How often to resample, and the seed that makes it repeatable.

    Args:
        draws: number of resamples, at least 100.
        seed: of the random generator.
    """

    draws: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.draws < 100:
            raise EvaluationError("resampling", f"needs at least 100 draws, not {self.draws}", "use 2000")


DEFAULT_RESAMPLING = Resampling()
Statistic = Callable[[Floats], Floats]
"""From weights of shape (draws, n) to values of shape (draws, ...)."""


class Strata(StrEnum):
    """What every draw has in common with the sample."""

    CLASSES = "classes"
    """Patients with a positive study and those without are drawn each to their own number: for statistics of given
    classes, as the AUC, whose interval by DeLong also takes their sizes as given. No draw lacks positives."""
    NONE = "none"
    """Only the number of patients: for statistics that depend on the prevalence, which is uncertain too."""


def patient_weights(sample: Sample, resampling: Resampling, strata: Strata) -> Iterator[Floats]:
    """Yield how often each study is drawn, in chunks of shape (chunk, n).

    Patients are drawn with replacement and bring all their studies (Field and Welsh, JRSS B 2007).

    Raises:
        EvaluationError: within strata, a draw holds no negative study, because nearly every patient has a positive one.
    """
    rng = np.random.default_rng(resampling.seed)
    stratum = _strata(sample, strata)
    chunk = max(1, _CELLS // sample.n)
    for start in range(0, resampling.draws, chunk):
        drawn = _drawn(rng, stratum, min(chunk, resampling.draws - start))[:, sample.patients]
        if strata is Strata.CLASSES and not (drawn[:, ~sample.labels].sum(axis=1) > 0).all():
            raise EvaluationError("resampling", "drew a sample without negatives", "use a larger test set")
        yield drawn


def _strata(sample: Sample, strata: Strata) -> np.ndarray:
    ill = np.zeros(sample.patients.max() + 1, dtype=bool)
    if strata is Strata.CLASSES:
        ill[sample.patients[sample.labels]] = True
    return ill


def _drawn(rng: np.random.Generator, ill: np.ndarray, draws: int) -> Floats:
    counts = np.zeros((draws, ill.size))
    for stratum in (ill, ~ill):
        size = int(stratum.sum())
        if size:
            counts[:, stratum] = rng.multinomial(size, np.full(size, 1 / size), size=draws)
    return counts


def resampled(
    sample: Sample,
    statistic: Statistic,
    resampling: Resampling = DEFAULT_RESAMPLING,
    strata: Strata = Strata.CLASSES,
) -> Floats:
    """Return the statistic of every draw, shape (draws, ...). EvaluationError as :func:`patient_weights`."""
    return np.concatenate([statistic(weights) for weights in patient_weights(sample, resampling, strata)])


def bootstrap_interval(
    sample: Sample,
    statistic: Statistic,
    level: float = DEFAULT_LEVEL,
    resampling: Resampling = DEFAULT_RESAMPLING,
    strata: Strata = Strata.CLASSES,
    what: str = "",
) -> Interval:
    """Return the statistic of the sample with the interval of :func:`resampled_interval`.

    Args:
        sample: the studies.
        statistic: one number between 0 and 1 per row of weights.
        level: confidence level.
        resampling: draws and seed.
        strata: what every draw has in common with the sample.
        what: said in the method's name, for instance that a threshold was chosen anew in each draw.

    Raises:
        EvaluationError: as :func:`patient_weights`.
    """
    value = float(statistic(np.ones((1, sample.n)))[0])
    method = percentile_method(resampling, what)
    return resampled_interval(value, resampled(sample, statistic, resampling, strata), level, method)


def percentile_method(resampling: Resampling, what: str = "") -> str:
    """Return the method's name as intervals carry it."""
    return f"bootstrap of patients, {resampling.draws} draws, percentile" + (f", {what}" if what else "")


def resampled_interval(value: float, draws: Floats, level: float, method: str) -> Interval:
    """Return the percentile interval, or the whole range from 0 to 1 where the draws repeat their value.

    A sample at the edge of what it could show, such as classes that a threshold separates, is resampled into itself.
    That says nothing about other samples: there the bootstrap is inconsistent (Andrews, Econometrica 2000), and without
    a bound of the statistic's own nothing narrower than its range is known to hold.
    """
    return whole_range(value, level) if repeats(draws, level) else percentile_interval(value, draws, level, method)


def repeats(draws: Floats, level: float) -> bool:
    """Return whether the central ``level`` of the draws is one value, so that its percentiles have no width."""
    check_level(level)
    return bool(np.ptp(np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])) <= _ROUNDING)


def whole_range(value: float, level: float) -> Interval:
    """Return a value between 0 and 1 with that range around it: nothing is known of where it may lie."""
    return Interval(value, 0.0, 1.0, level, REPEATED)


def percentile_interval(value: float, draws: Floats, level: float, method: str) -> Interval:
    """Return ``value`` with the central ``level`` of ``draws``, widened to enclose it where the draws are biased."""
    check_level(level)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, min(float(low), value), max(float(high), value), level, method)

"""The expected calibration error, with what chance alone would make of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecgcore.evaluation.estimate.calibration.reliability import bin_numbers
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.resampling import (
    DEFAULT_RESAMPLING,
    Resampling,
    Strata,
    percentile_interval,
    repeats,
    resampled,
    whole_range,
)
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.sample import Sample

BINS = 10


@dataclass(frozen=True)
class CalibrationError:
    """The mean over studies of |mean probability - share of positives| of their bin.

    Args:
        plain: as papers print it. It is never 0, because each bin's share of positives varies by chance.
        by_chance: its mean and central range on these very probabilities if they were right.
        corrected: the plain error less its bias in resamples, with the basic bootstrap interval (twice the plain error
            less the quantiles of the draws; Davison and Hinkley 1997, section 5.2). Cut at 0, and reaching down to 0
            where chance explains the plain error. At 800 studies it covers 98 % where the probabilities are right and
            90 % where their log-odds are 1.6 or 2.5 times too large (simulated): show it, do not gate on it. Where the
            draws repeat the error, as where every probability is 0 or 1 and right, its interval is the whole range.
    """

    plain: float
    by_chance: Interval
    corrected: Interval


def calibration_error(
    sample: Sample, bins: int = BINS, level: float = DEFAULT_LEVEL, resampling: Resampling = DEFAULT_RESAMPLING
) -> CalibrationError:
    """Return the expected calibration error over bins of (nearly) equal numbers of studies.

    Args:
        sample: the studies.
        bins: number of bins, the same in every draw.
        level: of both intervals.
        resampling: draws and seed.

    Raises:
        EvaluationError: ``bins`` is below 1.
    """
    group = bin_numbers(sample.probabilities, bins)
    membership = (group[:, None] == np.unique(group)).astype(np.float64)
    surplus = sample.probabilities - sample.labels
    plain = float(_error(surplus, np.ones((1, sample.n)), membership)[0])
    lucky = _by_chance(sample, membership, resampling)
    chance = percentile_interval(float(lucky.mean()), lucky, level, f"right probabilities, {resampling.draws} draws")
    draws = resampled(sample, lambda w: _error(surplus, w, membership), resampling, Strata.NONE)
    return CalibrationError(plain, chance, _corrected(plain, draws, chance.high, level))


def _error(surplus: Floats, weights: Floats, membership: Floats) -> Floats:
    return np.asarray(np.abs((weights * surplus) @ membership).sum(axis=-1) / weights.sum(axis=-1))


def _by_chance(sample: Sample, membership: Floats, resampling: Resampling) -> Floats:
    rng = np.random.default_rng(resampling.seed)
    labels = rng.random((resampling.draws, sample.n)) < sample.probabilities
    return _error(sample.probabilities - labels, np.ones((1, sample.n)), membership)


def _corrected(plain: float, draws: Floats, explained: float, level: float) -> Interval:
    if repeats(draws, level):
        return whole_range(plain, level)
    value = max(0.0, 2 * plain - float(draws.mean()))
    upper, lower = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    low = 0.0 if plain <= explained else max(0.0, 2 * plain - float(lower))
    high = max(value, 2 * plain - float(upper))
    return Interval(value, min(low, value), high, level, f"bootstrap of patients, {draws.size} draws, basic")

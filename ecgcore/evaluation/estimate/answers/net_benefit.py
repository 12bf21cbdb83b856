"""Decision curve: whether acting on a model is worth more than acting on everybody or on nobody."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, check_level
from ecgcore.evaluation.estimate.resampling import DEFAULT_RESAMPLING, Resampling, Strata, resampled
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.frame.sample import Sample

DECISION_THRESHOLDS = tuple(i / 100 for i in range(1, 81))


def decision_curve(
    sample: Sample,
    thresholds: Sequence[float] = DECISION_THRESHOLDS,
    level: float = DEFAULT_LEVEL,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> pd.DataFrame:
    """Return the net benefit at each threshold (Vickers and Elkin, Medical Decision Making 2006).

    At threshold t one false positive is taken to cost t / (1 - t) of what one true positive is worth, so the net
    benefit is (TP - FP t / (1 - t)) / n, in true positives per study, where a risk of t or more is acted on. It holds
    at the sample's own prevalence only.
    Intervals are percentiles of resampled patients, for each threshold by itself.

    Returns:
        Columns ``threshold``, ``net_benefit`` with ``_low`` and ``_high``, ``treat_all``, ``treat_none`` (0), and
        ``gain``, with ``_low`` and ``_high``: the net benefit less the better one of those two.

    Raises:
        EvaluationError: a threshold is not strictly between 0 and 1.
    """
    check_level(level)
    cuts = np.asarray(thresholds, dtype=np.float64)
    if not ((cuts > 0) & (cuts < 1)).all():
        raise EvaluationError("decision threshold", "must lie strictly between 0 and 1", "use 0.01 to 0.8")
    model, everybody = _worth(sample, cuts, sample.probabilities), _worth(sample, cuts, np.ones(sample.n))
    once = np.ones((1, sample.n))
    both = resampled(
        sample, lambda w: np.stack([_mean(w, model), _mean(w, everybody)]).swapaxes(0, 1), resampling, Strata.NONE
    )
    benefit, treat_all = _mean(once, model)[0], _mean(once, everybody)[0]
    return pd.DataFrame(
        {
            "threshold": cuts,
            **_banded("net_benefit", benefit, both[:, 0], level),
            "treat_all": treat_all,
            "treat_none": np.zeros_like(cuts),
            **_banded("gain", _gain(benefit, treat_all), _gain(both[:, 0], both[:, 1]), level),
        }
    )


def _worth(sample: Sample, cuts: Floats, probabilities: Floats) -> Floats:
    """Return what each study adds at each threshold, shape (n, k)."""
    called = probabilities[:, None] >= cuts
    return np.where(called, np.where(sample.labels[:, None], 1.0, -cuts / (1 - cuts)), 0.0)


def _mean(weights: Floats, worth: Floats) -> Floats:
    return (weights @ worth) / weights.sum(axis=-1, keepdims=True)


def _gain(benefit: Floats, treat_all: Floats) -> Floats:
    return benefit - np.maximum(treat_all, 0.0)


def _banded(name: str, value: Floats, draws: Floats, level: float) -> dict[str, Floats]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return {name: value, f"{name}_low": np.minimum(low, value), f"{name}_high": np.maximum(high, value)}

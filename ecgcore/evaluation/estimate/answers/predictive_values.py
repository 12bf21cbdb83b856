"""What a positive and a negative answer mean, at prevalences other than that of the test set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import Confusion, sensitivity, specificity
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, normal_quantile
from ecgcore.evaluation.frame.cases import Floats

PREVALENCES = (0.01, 0.02, 0.05, 0.08, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50)


def predictive_values(
    table: Confusion, prevalences: Sequence[float] = PREVALENCES, level: float = DEFAULT_LEVEL
) -> pd.DataFrame:
    """Return the predictive values that the table's sensitivity and specificity give at each prevalence (Bayes).

    The prevalence is taken as known. The intervals are symmetric on the logit scale (Mercaldo, Lau and Zhou,
    Statistics in Medicine 2007, equations 8 to 11). Where a cell of the table is 0, which has no such interval, the
    exact ends of sensitivity and specificity, each at the square root of the level, are carried through Bayes'
    formula: both hold at once with at least the level, because positives and negatives are drawn independently.

    Returns:
        Columns ``prevalence``, ``ppv``, ``ppv_low``, ``ppv_high``, ``npv``, ``npv_low``, ``npv_high``. A value is NaN
        where no study got that answer; its interval is then 0 to 1.

    Raises:
        EvaluationError: a prevalence is not strictly between 0 and 1, or the table lacks a class.
    """
    shares = np.asarray(prevalences, dtype=np.float64)
    if not ((shares > 0) & (shares < 1)).all():
        raise EvaluationError("prevalence", "must lie strictly between 0 and 1", "pass shares, not percentages")
    hit, clear = sensitivity(table, level).value, specificity(table, level).value
    ppv, npv = (_exact_ends if 0 in astuple(table) else _logit_ends)(table, shares, level)
    return pd.DataFrame(
        {
            "prevalence": shares,
            **_columns("ppv", _ppv(hit, clear, shares), ppv),
            **_columns("npv", _npv(hit, clear, shares), npv),
        }
    )


Ends = tuple[Floats, Floats]


def _ppv(hit: float, clear: float, share: Floats) -> Floats:
    return _part(hit * share, (1 - clear) * (1 - share))


def _npv(hit: float, clear: float, share: Floats) -> Floats:
    return _part(clear * (1 - share), (1 - hit) * share)


def _part(right: Floats, wrong: Floats) -> Floats:
    total = right + wrong
    return np.where(total > 0, right / np.where(total > 0, total, 1.0), np.nan)


def _logit_ends(table: Confusion, shares: Floats, level: float) -> tuple[Ends, Ends]:
    z, hit, clear = normal_quantile(level), sensitivity(table).value, specificity(table).value
    # var(log TP / n1) + var(log FP / n0), and likewise of TN and FN
    ppv = z * np.sqrt((1 - hit) / table.true_positive + clear / table.false_positive)
    npv = z * np.sqrt((1 - clear) / table.true_negative + hit / table.false_negative)
    return _around(_ppv(hit, clear, shares), ppv), _around(_npv(hit, clear, shares), npv)


def _around(value: Floats, half: float) -> Ends:
    return expit(logit(value) - half), expit(logit(value) + half)


def _exact_ends(table: Confusion, shares: Floats, level: float) -> tuple[Ends, Ends]:
    hit, clear = (rate(table, np.sqrt(level)) for rate in (sensitivity, specificity))
    ppv = _ppv(hit.low, clear.low, shares), _ppv(hit.high, clear.high, shares)
    npv = _npv(hit.low, clear.low, shares), _npv(hit.high, clear.high, shares)
    return ppv, npv


def _columns(name: str, value: Floats, ends: Ends) -> dict[str, Floats]:
    low, high = (np.where(np.isnan(value), limit, end) for end, limit in zip(ends, (0.0, 1.0), strict=True))
    return {name: value, f"{name}_low": low, f"{name}_high": high}

"""What a test set of this size can and cannot decide between a recipe and the reference."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import pandas as pd

from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, normal_quantile

MARGIN = 0.03
_SIGNIFICANT = 0.05
_POWER_QUANTILE = 0.8416212335729143  # of 80 % power, one-sided


def power_table(tests: pd.DataFrame, margin: float = MARGIN, level: float = DEFAULT_LEVEL) -> pd.DataFrame:
    """Return, for each paired test, how fine a difference of AUCs it can see.

    With the standard error SE of the difference (the interval's width by ``2 z``): the smallest true difference that
    the test finds with 80 % chance is ``(z + 0.84) SE``; the studies needed for the interval to reach no further than
    ``margin`` are ``n (z SE / margin) ** 2``, at the same mix of cases. It says better or worse where Holm's p is below
    .05, not inferior where the uncorrected interval stays above minus the margin, else inconclusive.

    Args:
        tests: as :func:`ecgcore.evaluation.estimate.paired_tests.paired_tests` returns them.
        margin: of non-inferiority.
        level: of the intervals in ``tests``.

    Returns:
        Columns ``model, target, test_set, n, positives, standard_error, detectable, studies_for_margin, says``.
    """
    return pd.DataFrame([_line(test, margin, normal_quantile(level)) for test in tests.to_dict("records")])


def _line(test: dict[Hashable, Any], margin: float, z: float) -> dict[str, Any]:
    low, high = float(test["difference_low"]), float(test["difference_high"])
    error = (high - low) / (2 * z)
    return {
        **{str(name): test[name] for name in ("model", "target", "test_set", "n", "positives")},
        "standard_error": error,
        "detectable": (z + _POWER_QUANTILE) * error,
        "studies_for_margin": math.ceil(int(test["n"]) * (z * error / margin) ** 2),
        "says": _says(low, high, float(test["p_holm"]), margin),
    }


def _says(low: float, high: float, p_holm: float, margin: float) -> str:
    """Name a finding: better and worse hold for the whole table, not inferior for this comparison alone."""
    if p_holm < _SIGNIFICANT and low > 0:
        return "better"
    if p_holm < _SIGNIFICANT and high < 0:
        return "worse"
    return "not inferior" if low > -margin else "inconclusive"

"""How hard the labels are: the correlation between the true severity and what the CMR says, from the AUC wanted.

A severity ``s ~ N(0, 1)`` is what the heart has and the ECG shows. The CMR reads ``z = rho s + sqrt(1 - rho^2) e``,
``e ~ N(0, 1)``, and a target is positive where ``z`` exceeds the quantile of its prevalence. An oracle that ranks by
``s`` then has

    AUC(rho) = P(s_positive > s_negative) = integral of f1(s) F0(s) ds,

with ``f1(s) = phi(s) p(s) / prevalence``, ``f0(s) = phi(s) (1 - p(s)) / (1 - prevalence)`` and
``p(s) = P(z > c | s) = Phi((rho s - c) / sqrt(1 - rho^2))``. It grows with ``rho``, so it can be solved for ``rho``.
The binormal ``Phi(d / sqrt 2)`` is not used: severities are continuous here, not two separate humps.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np

from ecgcore.errors import SettingsError

NORMAL = NormalDist()
_GRID = np.linspace(-7.0, 7.0, 2801)
_TABLE = np.linspace(-9.0, 9.0, 18001)
_CDF = np.array([NORMAL.cdf(x) for x in _TABLE])
_BISECTIONS = 50


def oracle_auc_of(rho: float, prevalence: float) -> float:
    """AUC of the true severity for a label with this correlation (0 < rho < 1) and prevalence (0..1)."""
    cut = NORMAL.inv_cdf(1 - prevalence)
    density = np.exp(-(_GRID**2) / 2)
    positive = np.interp((rho * _GRID - cut) / np.sqrt(1 - rho**2), _TABLE, _CDF)
    ill, well = density * positive, density * (1 - positive)
    below = np.cumsum(well) - well / 2
    return float((ill * below).sum() / (ill.sum() * well.sum()))


@cache
def rho_for(auc: float, prevalence: float) -> float:
    """Correlation of severity and reading at which the oracle reaches ``auc`` (between 0.5 and 1), by bisection.

    Raises:
        SettingsError: ``auc`` is not between 0.5 and 0.999.
    """
    if not 0.5 < auc < 0.999:
        raise SettingsError("oracle AUC", f"must lie between 0.5 and 0.999, is {auc}", "choose 0.92 to 0.95")
    low, high = 0.0, 0.9999
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if oracle_auc_of(middle, prevalence) < auc else (low, middle)
    return (low + high) / 2

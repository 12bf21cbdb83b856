"""The difference of two shares of the same comparisons, with the score interval of paired proportions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from ecgcore.evaluation.estimate.interval import check_level
from ecgcore.evaluation.frame.cases import Floats

_HALVINGS = 60  # an end is found to 2 ** -60 of its range


@dataclass(frozen=True, eq=False)
class PairedShares:
    """Two shares of the same comparisons, which need not be independent of each other.

    Args:
        ahead: share of the comparisons that only the first gets right, shape (...).
        behind: share that only the second gets right, shape (...).
        effective: so many independent comparisons would give the difference the variance that it has, shape (...).
    """

    ahead: Floats
    behind: Floats
    effective: Floats

    @property
    def difference(self) -> Floats:
        """Return the first share less the second, shape (...)."""
        return self.ahead - self.behind

    def statistic(self, limit: float | Floats) -> Floats:
        """Return the score statistic of the hypothesis that the true difference is ``limit``, shape (...).

        Tango, Statistics in Medicine 1998, equations 24 to 26: the difference's distance from the limit over its
        standard error there, with the shares that are most likely under the limit. It falls as ``limit`` rises.
        """
        limit = np.asarray(limit, dtype=np.float64)
        b = (2 - self.difference) * limit - (self.ahead + self.behind)
        likely = (np.sqrt(np.maximum(b * b + 8 * self.behind * limit * (1 - limit), 0.0)) - b) / 4
        spread = np.maximum(2 * likely + limit * (1 - limit), 0.0) / self.effective
        away = self.difference - limit
        return np.where(spread > 0, away / np.sqrt(np.where(spread > 0, spread, 1.0)), np.copysign(np.inf, away))

    def ends(self, quantile: float) -> tuple[Floats, Floats]:
        """Return the limits at which the statistic is plus and minus ``quantile``, shape (...) each, within -1 to 1."""
        value = self.difference
        low = self._crossing(np.full_like(value, -1.0), value, quantile)
        return low, self._crossing(value, np.full_like(value, 1.0), -quantile)

    def _crossing(self, low: Floats, high: Floats, wanted: float) -> Floats:
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            beyond = self.statistic(middle) > wanted
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
        return np.asarray((low + high) / 2)


def paired_shares(ahead: Floats, behind: Floats, variance: Floats, most: float) -> PairedShares:
    """Return shares whose difference has a known, positive variance.

    Independent comparisons give the difference the variance ``(ahead + behind - difference ** 2) / n``; the effective
    number is the ``n`` that gives ``variance``, as for clustered pairs (Yang, Sun and Hardin, Statistics in Medicine
    2012), and ``most`` at most.
    """
    spread = ahead + behind - (ahead - behind) ** 2
    return PairedShares(ahead, behind, np.minimum(spread / variance, most))


def small_sample_quantile(independent: int, level: float) -> float:
    """Return Student's two-sided quantile for a variance estimated from ``independent`` units, at least 2."""
    check_level(level)
    return float(stdtrit(independent - 1, 0.5 + level / 2))

"""Other intervals of an AUC difference, which the simulation holds beside the one that the gates use."""

from __future__ import annotations

import numpy as np

from ecgcore.evaluation.estimate.discrimination.auc import NO_VARIANCE, Placements, Scale
from ecgcore.evaluation.estimate.discrimination.paired import moved
from ecgcore.evaluation.estimate.interval import normal_quantile
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.simulation.coverage import interval_ends

Ends = tuple[Floats, Floats]


def delong_difference(new: Placements, old: Placements, level: float) -> Ends:
    """Return the ends of DeLong's own interval: the difference plus and minus a multiple of its standard error."""
    value, half = new.auc - old.auc, normal_quantile(level) * np.sqrt(moved(new, old).variance)
    return value - half, value + half


def mover_difference(new: Placements, old: Placements, level: float) -> Ends:
    """Return the ends of MOVER from the limits of both areas on the logit scale and DeLong's correlation.

    Without variance in one of the areas the correlation is taken as 0, which makes it wider.
    """
    product = new.variance * old.variance
    known = product > NO_VARIANCE**2
    shared = (new.variance + old.variance - moved(new, old).variance) / 2
    correlation = np.where(known, shared / np.sqrt(np.where(known, product, 1.0)), 0.0)
    first, second = (interval_ends(placed, level, Scale.LOGIT) for placed in (new, old))
    return mover_ends(new.auc, first, old.auc, second, correlation)


def mover_ends(value: Floats, ends: Ends, other: Floats, other_ends: Ends, correlation: Floats) -> Ends:
    """Return the ends for ``value - other``, each with limits of its own.

    The method of variance estimates recovery (Zou, Psychological Methods 2007; Zou and Donner, Statistics in Medicine
    2008), elementwise.
    """
    low = _reach(value - ends[0], other_ends[1] - other, correlation)
    high = _reach(ends[1] - value, other - other_ends[0], correlation)
    return value - other - low, value - other + high


def _reach(own: Floats, others: Floats, correlation: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(own**2 + others**2 - 2 * correlation * own * others, 0.0)))

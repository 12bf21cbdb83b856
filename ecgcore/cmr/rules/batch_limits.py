"""Batch limits: is too much quarantined, or is a prevalence implausible?

A batch may hold a single file, so that a share of it says nothing. The flow counts over the last :data:`WINDOW`
studies, and an alert is raised only where the whole Clopper-Pearson interval lies beyond a limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.estimate.proportion import clopper_pearson
from ecgcore.targets.catalogue import Catalogue

WINDOW = 200


@dataclass(frozen=True, slots=True)
class Limit:
    """The range in which a share is plausible.

    Args:
        name: what is counted, for example `quarantined`.
        low: the least share, 0 to 1.
        high: the largest share, 0 to 1.
        hint: what to look at when it lies outside.
    """

    name: str
    low: float
    high: float
    hint: str

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise EvaluationError(
                f"limit {self.name}", f"is from {self.low} to {self.high}", "give 0 <= low <= high <= 1"
            )


QUARANTINED = Limit(
    "quarantined",
    0.0,
    0.25,
    "read the rules that quarantine most; one wrong column or one new page layout breaks many rows",
)


def limits_of(catalogue: Catalogue) -> tuple[Limit, ...]:
    """Return the limits of a batch: how much is quarantined, and the prevalence of each target."""
    shares = ((target.name, target.prevalence) for target in catalogue.targets)
    return (QUARANTINED, *(Limit(name, share.low, share.high, share.hint) for name, share in shares))


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the last studies (or rows) with a known answer have a property."""

    name: str
    hits: int
    total: int


@dataclass(frozen=True, slots=True)
class LimitAlert:
    """A share that lies beyond its limit, with its exact interval."""

    limit: Limit
    count: Count
    interval: Interval

    @property
    def message(self) -> str:
        """Name the share, its interval, its limits and the next step."""
        share = f"{self.count.hits} of {self.count.total} ({self.interval.low:.1%} to {self.interval.high:.1%})"
        believed = f"believed {self.limit.low:.0%} to {self.limit.high:.0%}"
        return f"{self.limit.name}: {share}, {believed}. Hint: {self.limit.hint}"


def check_limits(counts: Sequence[Count], limits: Sequence[Limit], level: float = 0.95) -> tuple[LimitAlert, ...]:
    """Return an alert for each count whose Clopper-Pearson interval lies wholly beyond its limit.

    Args:
        counts: over the last :data:`WINDOW` studies; one without any case raises no alert.
        limits: at most one per name; a count without a limit is not judged.
        level: confidence level of the two-sided interval.

    Raises:
        EvaluationError: a count is impossible, or the level is not between 0 and 1.
    """
    by_name = {limit.name: limit for limit in limits}
    alerts = (_judge(by_name[c.name], c, level) for c in counts if c.name in by_name and c.total)
    return tuple(alert for alert in alerts if alert)


def _judge(limit: Limit, count: Count, level: float) -> LimitAlert | None:
    interval = clopper_pearson(count.hits, count.total, level)
    beyond = interval.low > limit.high or interval.high < limit.low
    return LimitAlert(limit, count, interval) if beyond else None

"""The kinds of gate that a policy can hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecgcore.evaluation.estimate.evaluation import Metric


class GateKind(StrEnum):
    """What a gate asks."""

    FLOOR = "floor"
    CEILING = "ceiling"
    NON_INFERIOR = "non-inferior"
    MINIMUM_CASES = "minimum-cases"
    MAXIMUM_LOOKS = "maximum-looks"
    NO_LEAK = "no-leak"
    REPRODUCES = "reproduces"


class Severity(StrEnum):
    """Whether a gate that does not pass holds the candidate back."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True)
class MetricGate:
    """A metric must lie above (floor) or below (ceiling) a limit, with its whole interval.

    Args:
        kind: FLOOR or CEILING.
        limit: in the unit of the metric, between 0 and 1.
        slice_by: None for the whole test set, else ``format``, ``sex``, ``age`` or ``imputed``: then each part is
            judged.
    """

    kind: GateKind
    metric: Metric
    target: str
    test_set: str
    limit: float
    severity: Severity
    slice_by: str | None = None

    def bars(self, metric: Metric) -> bool:
        """Return whether no model passes that has too little of ``metric``: a blocking floor on the whole test set."""
        whole = self.slice_by is None and self.severity is Severity.BLOCK
        return whole and self.kind is GateKind.FLOOR and self.metric is metric

    @property
    def name(self) -> str:
        """Return the gate's name as people read it."""
        part = f" by {self.slice_by}" if self.slice_by else ""
        return f"{self.kind} {self.metric} {self.target} {self.test_set}{part}"


@dataclass(frozen=True)
class NonInferior:
    """The candidate's AUC must not be worse than the champion's by ``margin``: the lower end of the difference lies
    above -margin.
    """

    target: str
    test_set: str
    margin: float
    severity: Severity
    kind: GateKind = GateKind.NON_INFERIOR

    @property
    def name(self) -> str:
        """Return the gate's name as people read it."""
        return f"{self.kind} auc {self.target} {self.test_set}"


@dataclass(frozen=True)
class MinimumCases:
    """A test set must hold so many labelled positives and negatives; below, its intervals are not trusted."""

    target: str
    test_set: str
    positives: int
    negatives: int
    severity: Severity
    kind: GateKind = GateKind.MINIMUM_CASES

    @property
    def name(self) -> str:
        """Return the gate's name as people read it."""
        return f"{self.kind} {self.target} {self.test_set}"


@dataclass(frozen=True)
class MaximumLooks:
    """A test set may have been looked at so often in its life, this look included: the best of many looks is lucky.

    Args:
        looks: of candidates, benchmarks and experiments together; locking a set anew forgets none.
    """

    test_set: str
    looks: int
    severity: Severity
    kind: GateKind = GateKind.MAXIMUM_LOOKS

    @property
    def name(self) -> str:
        """Return the gate's name as people read it."""
        return f"{self.kind} {self.test_set}"


@dataclass(frozen=True)
class ReleaseCheck:
    """A yes-or-no check of the whole release: NO_LEAK (no test patient trains) or REPRODUCES (the directory loads
    and repeats).
    """

    kind: GateKind
    severity: Severity

    @property
    def name(self) -> str:
        """Return the gate's name as people read it."""
        return self.kind.value


HeadGate = MetricGate | NonInferior | MinimumCases
"""Judges one target on one test set."""
Gate = HeadGate | MaximumLooks | ReleaseCheck

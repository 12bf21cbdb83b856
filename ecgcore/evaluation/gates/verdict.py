"""What an interval says about a limit, and how many cases would decide where it says nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import logit

from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.gates.gate import GateKind, Severity


class Verdict(StrEnum):
    """The outcome of one gate."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not-applicable"


class Side(StrEnum):
    """On which side of the limit an interval must lie."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True)
class GateResult:
    """One gate, judged.

    Args:
        gate: its name.
        kind, severity: as in the policy.
        target, test_set, part: what was judged; empty where the gate is about the whole release, ``part`` names a
            slice.
        value: the estimate with its interval, None for a check without one or where it is missing.
        side: where the interval must lie, None for gates without a limit on an interval.
        limit: in the unit of ``value``; minus the margin for non-inferiority.
        verdict: the outcome.
        cases: labelled studies that the value rests on.
        cases_needed: labelled studies, at the same prevalence, that would decide an inconclusive gate if the
            estimate stayed; None where the verdict is not inconclusive or no number would do.
        detail: one sentence for the reader.
    """

    gate: str
    kind: GateKind
    severity: Severity
    target: str
    test_set: str
    part: str
    value: Interval | None
    side: Side | None
    limit: float | None
    verdict: Verdict
    cases: int | None
    cases_needed: int | None
    detail: str

    @property
    def title(self) -> str:
        """Return the gate's name with the slice that was judged."""
        return f"{self.gate}: {self.part}" if self.part else self.gate


def verdict(interval: Interval, limit: float, side: Side) -> Verdict:
    """Return pass if the whole interval lies beyond ``limit`` on ``side``, fail if wholly short of it, else
    inconclusive.

    An interval that touches the limit is inconclusive.
    """
    above, below = interval.low > limit, interval.high < limit
    passed, failed = (above, below) if side is Side.ABOVE else (below, above)
    if passed:
        return Verdict.PASS
    return Verdict.FAIL if failed else Verdict.INCONCLUSIVE


def cases_needed(interval: Interval, limit: float, cases: int) -> int | None:
    """Return about how many cases would move the interval off ``limit``, if the estimate stayed as it is.

    The width shrinks with the square root of the number of cases, so it is ``cases * (reach / distance) ** 2`` where
    ``reach`` runs from the estimate to the end of the interval that lies towards the limit. Estimates inside (0, 1)
    are scaled as logits, on which their intervals are nearly symmetric.

    Returns:
        The number, at least ``cases + 1``; None where the estimate equals the limit, so that no number would decide.
    """
    end = interval.low if limit < interval.value else interval.high
    value, edge, bar = _scaled(interval.value, end, limit)
    distance = abs(value - bar)
    if distance == 0:
        return None
    needed = cases * (abs(value - edge) / distance) ** 2
    return max(cases + 1, math.floor(needed) + 1) if math.isfinite(needed) else None


def _scaled(*numbers: float) -> tuple[float, ...]:
    if all(0 < x < 1 for x in numbers):
        return tuple(float(logit(x)) for x in numbers)
    return numbers

"""Judging gates on evidence. Whatever is missing fails: nothing passes for want of a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecgcore.counted import counted
from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.comparison import Comparison
from ecgcore.evaluation.estimate.evaluation import Evaluation, Scores
from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.gates.gate import (
    Gate,
    GateKind,
    MaximumLooks,
    MetricGate,
    MinimumCases,
    NonInferior,
    ReleaseCheck,
)
from ecgcore.evaluation.gates.policy import Policy
from ecgcore.evaluation.gates.verdict import GateResult, Side, Verdict, cases_needed, verdict


@dataclass(frozen=True)
class Check:
    """The outcome of a yes-or-no check, with a sentence that says what was found."""

    passed: bool
    detail: str


@dataclass(frozen=True)
class Evidence:
    """Everything that the gates look at.

    Args:
        evaluations: of the candidate, from its exported directory's unrounded output; one per target and test set.
        champion: the champion's version, None on the first run.
        comparisons: candidate against champion, one per target and test set; empty on the first run.
        no_leak: the leak check of the snapshot; None where it was not run.
        reproduces: whether the exported directory loads in a fresh process and repeats its outputs; None where not
            tried.
        looks: at each test set in its life, this one included.
    """

    evaluations: tuple[Evaluation, ...]
    champion: str | None
    comparisons: tuple[Comparison, ...]
    no_leak: Check | None
    reproduces: Check | None
    looks: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for items in (self.evaluations, self.comparisons):
            places = [(i.target, i.test_set) for i in items]
            if len(set(places)) != len(places):
                raise EvaluationError("evidence", "holds a target and test set twice", "score one candidate per run")
        if self.champion is None and self.comparisons:
            raise EvaluationError("evidence", "holds comparisons but no champion", "name the champion compared with")

    def evaluation(self, target: str, test_set: str) -> Evaluation | None:
        """Return the candidate's evaluation of one target and test set, if there is one."""
        return next((e for e in self.evaluations if (e.target, e.test_set) == (target, test_set)), None)

    def comparison(self, target: str, test_set: str) -> Comparison | None:
        """Return the comparison of one target and test set, if there is one."""
        return next((c for c in self.comparisons if (c.target, c.test_set) == (target, test_set)), None)


def judge_gates(policy: Policy, evidence: Evidence) -> tuple[GateResult, ...]:
    """Return the result of every gate of ``policy``, in its order; a sliced gate gives one result per slice."""
    judge = _Judge(policy, evidence)
    return tuple(result for gate in policy.gates for result in judge.results(gate))


class _Judge:
    def __init__(self, policy: Policy, evidence: Evidence) -> None:
        self.policy = policy
        self.evidence = evidence

    def results(self, gate: Gate) -> Iterator[GateResult]:
        match gate:
            case ReleaseCheck():
                yield self.release(gate)
            case MaximumLooks():
                yield self.looks(gate)
            case MinimumCases():
                yield self.minimum(gate)
            case NonInferior():
                yield self.non_inferior(gate)
            case MetricGate():
                yield from self.metric(gate)

    def release(self, gate: ReleaseCheck) -> GateResult:
        check = self.evidence.no_leak if gate.kind is GateKind.NO_LEAK else self.evidence.reproduces
        if check is None:
            return _result(gate, Verdict.FAIL, "the check was not run")
        return _result(gate, Verdict.PASS if check.passed else Verdict.FAIL, check.detail)

    def looks(self, gate: MaximumLooks) -> GateResult:
        looks = self.evidence.looks.get(gate.test_set)
        if looks is None:
            return _result(gate, Verdict.FAIL, f"the looks at {gate.test_set} were not counted")
        counts = f"{counted(looks, 'look')} in its life, this one included; at most {gate.looks} are trusted"
        if looks <= gate.looks:
            return _result(gate, Verdict.PASS, counts)
        return _result(gate, Verdict.INCONCLUSIVE, f"{counts}: a promotion needs a fresh test set")

    def minimum(self, gate: MinimumCases) -> GateResult:
        found, problem = self.find(gate.target, gate.test_set)
        if found is None:
            return _result(gate, Verdict.FAIL, problem)
        scores = found.scores
        counts = f"{_counted(scores.positives, scores.negatives)}; needs {_counted(gate.positives, gate.negatives)}"
        if _enough(gate, scores):
            return _result(gate, Verdict.PASS, counts, cases=scores.n)
        needed = _cases_for_minimum(gate, scores)
        return _result(gate, Verdict.INCONCLUSIVE, f"too few cases: {counts}", cases=scores.n, cases_needed=needed)

    def non_inferior(self, gate: NonInferior) -> GateResult:
        limit = {"limit": -gate.margin, "side": Side.ABOVE}
        if self.evidence.champion is None:
            return _result(gate, Verdict.NOT_APPLICABLE, "there is no champion to compare with", **limit)
        found, problem = self.find(gate.target, gate.test_set)
        comparison = self.evidence.comparison(gate.target, gate.test_set)
        if found is None or comparison is None:
            return _result(gate, Verdict.FAIL, problem or "no comparison with the champion", **limit)
        if comparison.rows_sha256 != found.rows_sha256:
            return _result(gate, Verdict.FAIL, "compared on other rows than those evaluated", **limit)
        if comparison.difference.level != self.policy.level:
            return _result(gate, Verdict.FAIL, self.wrong_level(comparison.difference.level), **limit)
        return self.decide(gate, comparison.difference, found.scores, -gate.margin, Side.ABOVE)

    def metric(self, gate: MetricGate) -> Iterator[GateResult]:
        found, problem = self.find(gate.target, gate.test_set)
        if found is None:
            yield self.unmeasured(gate, problem)
        elif gate.slice_by is None:
            yield self.measured(gate, found.scores)
        else:
            parts = [s for s in found.slices if s.by == gate.slice_by]
            if not parts:
                yield self.unmeasured(gate, f"the predictions hold nothing to slice by {gate.slice_by}")
            for part in parts:
                yield self.measured(gate, part.scores, part.value)

    def measured(self, gate: MetricGate, scores: Scores, part: str = "") -> GateResult:
        value = scores.metric(gate.metric)
        if value is not None:
            return self.decide(gate, value, scores, gate.limit, _side(gate), part)
        reason = "; ".join(u for u in scores.undefined if u.startswith(f"{gate.metric}:"))
        return self.unmeasured(gate, f"not defined ({reason})", part, scores.n)

    def unmeasured(self, gate: MetricGate, reason: str, part: str = "", cases: int | None = None) -> GateResult:
        # A slice that lacks a class shows nothing bad; a whole test set that does means that the evidence is broken.
        outcome = Verdict.INCONCLUSIVE if part else Verdict.FAIL
        return _result(gate, outcome, reason, part=part, limit=gate.limit, side=_side(gate), cases=cases)

    def decide(
        self, gate: MetricGate | NonInferior, value: Interval, scores: Scores, limit: float, side: Side, part: str = ""
    ) -> GateResult:
        fields: dict[str, Any] = {"value": value, "limit": limit, "side": side, "part": part, "cases": scores.n}
        minimum = self.minimum_of(gate.target, gate.test_set)
        if minimum is not None and not _enough(minimum, scores):
            needed = _cases_for_minimum(minimum, scores)
            return _result(
                gate, Verdict.INCONCLUSIVE, "too few cases to trust the interval", cases_needed=needed, **fields
            )
        outcome = verdict(value, limit, side)
        if outcome is not Verdict.INCONCLUSIVE:
            return _result(gate, outcome, _SAYS[outcome], **fields)
        needed = cases_needed(value, limit, scores.n)
        return _result(gate, outcome, _undecided(value, limit, side, needed), cases_needed=needed, **fields)

    def minimum_of(self, target: str, test_set: str) -> MinimumCases | None:
        gates = (g for g in self.policy.gates if isinstance(g, MinimumCases))
        return next((g for g in gates if (g.target, g.test_set) == (target, test_set)), None)

    def find(self, target: str, test_set: str) -> tuple[Evaluation | None, str]:
        found = self.evidence.evaluation(target, test_set)
        if found is None:
            return None, f"{target} was not evaluated on {test_set}"
        return (found, "") if found.level == self.policy.level else (None, self.wrong_level(found.level))

    def wrong_level(self, level: float) -> str:
        return f"intervals are at level {level}, the policy asks for {self.policy.level}"


_SAYS = {
    Verdict.PASS: "the whole interval lies beyond the limit",
    Verdict.FAIL: "the whole interval lies short of the limit",
}


def _side(gate: MetricGate) -> Side:
    return Side.ABOVE if gate.kind is GateKind.FLOOR else Side.BELOW


def _enough(gate: MinimumCases, scores: Scores) -> bool:
    return scores.positives >= gate.positives and scores.negatives >= gate.negatives


def _counted(positives: int, negatives: int) -> str:
    return f"{counted(positives, 'positive')} and {counted(negatives, 'negative')}"


def _cases_for_minimum(gate: MinimumCases, scores: Scores) -> int | None:
    if scores.positives == 0 or scores.negatives == 0:
        return None
    share = max(gate.positives / scores.positives, gate.negatives / scores.negatives)
    return -int(-scores.n * share // 1)


def _undecided(value: Interval, limit: float, side: Side, needed: int | None) -> str:
    if needed is None:
        return "the estimate equals the limit: no number of cases would decide"
    better = (value.value > limit) == (side is Side.ABOVE)
    return f"about {needed} cases would decide ({'pass' if better else 'fail'}) if the estimate stayed"


def _result(gate: Gate, outcome: Verdict, detail: str, **fields: Any) -> GateResult:
    empty = {"part": "", "value": None, "side": None, "limit": None, "cases": None, "cases_needed": None}
    return GateResult(
        gate=gate.name,
        kind=gate.kind,
        severity=gate.severity,
        target=getattr(gate, "target", ""),
        test_set=getattr(gate, "test_set", ""),
        verdict=outcome,
        detail=detail,
        **{**empty, **fields},
    )

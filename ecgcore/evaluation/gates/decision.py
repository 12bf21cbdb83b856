"""The decision on a candidate: all blocking gates must pass."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from ecgcore.evaluation.gates.gate import Severity
from ecgcore.evaluation.gates.judge import Evidence, judge_gates
from ecgcore.evaluation.gates.policy import Approval, Policy
from ecgcore.evaluation.gates.verdict import GateResult, Verdict

FIRST_RUN = "first run: floors only, there is no champion to compare with"
ITSELF = "this is the champion itself: floors only, there is nothing to compare it with"

_CLEARED = (Verdict.PASS, Verdict.NOT_APPLICABLE)


class Outcome(StrEnum):
    """What the gates say about a candidate."""

    PROMOTE = "promote"
    REJECT = "reject"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Decision:
    """The outcome with all that it rests on.

    Args:
        outcome: promote, reject or inconclusive.
        reason: one sentence for the reader.
        policy_name, policy_sha256, approval: of the policy used.
        champion: the version compared with, None if there is none, or it is the candidate itself.
        results: of every gate, blocking or warning.
    """

    outcome: Outcome
    reason: str
    policy_name: str
    policy_sha256: str
    approval: Approval
    champion: str | None
    results: tuple[GateResult, ...]

    @property
    def warnings(self) -> tuple[GateResult, ...]:
        """Return the gates that did not pass and do not block."""
        return tuple(r for r in self.results if r.severity is Severity.WARN and r.verdict not in _CLEARED)

    def to_json(self) -> str:
        """Return the decision as JSON text, numbers unrounded."""
        return json.dumps(asdict(self), indent=1, allow_nan=False)


def decide(policy: Policy, evidence: Evidence, alone: str = FIRST_RUN) -> Decision:
    """Judge a candidate.

    Promote if every blocking gate passes; non-inferiority does not apply while there is no champion. Reject if any
    blocking gate fails. Otherwise inconclusive. This is an intersection-union test: the chance to promote a
    candidate that misses one limit is at most that gate's own error, with no correction for the number of gates.

    Args:
        policy: the gates.
        evidence: what they are judged by.
        alone: what the reason says where there is no champion to compare with.

    Raises:
        EvaluationError: never for missing evidence, which fails its gate; only for evidence that contradicts itself.
    """
    results = judge_gates(policy, evidence)
    outcome = _outcome(results)
    return Decision(
        outcome=outcome,
        reason=_reason(outcome, results, "" if evidence.champion else f"{alone}; "),
        policy_name=policy.name,
        policy_sha256=policy.sha256,
        approval=policy.approval,
        champion=evidence.champion,
        results=results,
    )


def _blocking(results: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
    return tuple(r for r in results if r.severity is Severity.BLOCK)


def _outcome(results: tuple[GateResult, ...]) -> Outcome:
    verdicts = {r.verdict for r in _blocking(results)}
    if Verdict.FAIL in verdicts:
        return Outcome.REJECT
    cleared = Verdict.PASS in verdicts and verdicts <= set(_CLEARED)
    return Outcome.PROMOTE if cleared else Outcome.INCONCLUSIVE


def _reason(outcome: Outcome, results: tuple[GateResult, ...], start: str) -> str:
    blocking = _blocking(results)
    if outcome is Outcome.PROMOTE:
        passed = sum(r.verdict is Verdict.PASS for r in blocking)
        if passed == 1:
            return f"{start}the only blocking gate that applies passes"
        return f"{start}all {passed} blocking gates that apply pass"
    held = Verdict.FAIL if outcome is Outcome.REJECT else Verdict.INCONCLUSIVE
    names = ", ".join(r.title for r in blocking if r.verdict is held)
    return f"{start}{held}: {names}"

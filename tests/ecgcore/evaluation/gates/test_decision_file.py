"""A decision comes back from its file as it was."""

from __future__ import annotations

import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.gates.decision import Decision, Outcome
from ecgcore.evaluation.gates.decision_file import read_decision
from ecgcore.evaluation.gates.gate import GateKind, Severity
from ecgcore.evaluation.gates.policy import Approval
from ecgcore.evaluation.gates.verdict import GateResult, Side, Verdict

FLOOR = GateResult(
    gate="AUC of scar on old", kind=GateKind.FLOOR, severity=Severity.BLOCK, target="scar", test_set="old", part="",
    value=Interval(0.8125, 0.75, 0.875, 0.95, "DeLong"), side=Side.ABOVE, limit=0.75, verdict=Verdict.INCONCLUSIVE,
    cases=80, cases_needed=200, detail="the interval holds the limit",
)  # fmt: skip
LEAK = GateResult(
    gate="no leak", kind=GateKind.NO_LEAK, severity=Severity.WARN, target="", test_set="", part="", value=None,
    side=None, limit=None, verdict=Verdict.PASS, cases=None, cases_needed=None, detail="",
)  # fmt: skip
DECISION = Decision(Outcome.INCONCLUSIVE, "why", "lax", "a" * 64, Approval.AUTOMATIC, "7", (FLOOR, LEAK))


def test_it_comes_back_as_it_was() -> None:
    found = read_decision(DECISION.to_json())
    assert found == DECISION
    assert found.warnings == () and found.results[0].verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("text", ["", "[]", "{}", DECISION.to_json().replace("inconclusive", "perhaps")])
def test_what_is_no_decision_is_refused(text: str) -> None:
    with pytest.raises(EvaluationError, match="is not a decision of this program's version"):
        read_decision(text)

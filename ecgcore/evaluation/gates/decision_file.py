"""Reads a decision back from the JSON that is kept beside each registered version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.gates.decision import Decision, Outcome
from ecgcore.evaluation.gates.gate import GateKind, Severity
from ecgcore.evaluation.gates.policy import Approval
from ecgcore.evaluation.gates.verdict import GateResult, Side, Verdict


def read_decision(text: str) -> Decision:
    """Return what :meth:`Decision.to_json` wrote.

    Raises:
        EvaluationError: it is no such text.
    """
    try:
        found = json.loads(text)
        kinds = {"outcome": Outcome(found["outcome"]), "approval": Approval(found["approval"])}
        return Decision(**{**found, **kinds, "results": tuple(map(_result, found["results"]))})
    except (ValueError, KeyError, TypeError) as error:
        hint = "open the decision page under ECG_HOME/pages instead"
        raise EvaluationError("decision.json", "is not a decision of this program's version", hint) from error


def _result(found: Mapping[str, Any]) -> GateResult:
    kinds = {
        "kind": GateKind(found["kind"]),
        "severity": Severity(found["severity"]),
        "verdict": Verdict(found["verdict"]),
        "value": Interval(**found["value"]) if found["value"] else None,
        "side": Side(found["side"]) if found["side"] else None,
    }
    return GateResult(**{**found, **kinds})

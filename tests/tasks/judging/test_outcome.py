"""What a retraining came to, as a terminal shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.gates.decision import Decision, Outcome
from ecgcore.evaluation.gates.gate import GateKind, Severity
from ecgcore.evaluation.gates.policy import Approval
from ecgcore.evaluation.gates.verdict import GateResult, Side, Verdict
from ecgcore.pages.terminal import render_terminal
from tasks.judging.outcome import RetrainOutcome
from tasks.judging.publication import figure_sentence

GATE = GateResult(
    "floor auc scar", GateKind.FLOOR, Severity.BLOCK, "scar", "old", "", Interval(0.8375, 0.8055, 0.8645, 0.95, "x"),
    Side.ABOVE, 0.75, Verdict.PASS, 895, None, "",
)  # fmt: skip
DECISION = Decision(Outcome.PROMOTE, "all pass", "default", "ab" * 32, Approval.MANUAL, None, (GATE,))


def trained(**changes) -> RetrainOutcome:
    fields = {
        "trained": True, "reason": "all pass", "version": "3", "gate": "pass", "promoted": False, "champion": "2",
        "decision": DECISION, "page": Path("/srv/pages/decision-champion-3.html"), "snapshot": "s",
    }  # fmt: skip
    return RetrainOutcome(**{**fields, **changes})


def test_it_shows_the_gates_the_page_and_what_comes_next():
    shown = render_terminal(trained().to_document(), width=160)
    assert shown.startswith("Version 3: pass\nall pass\n")
    assert "good: PROMOTE: all pass" in shown and "champion: 2" in shown
    (line,) = (line for line in shown.splitlines() if "floor auc scar" in line)
    assert "0.838" in line and "0.805 to 0.865" in line and "> 0.75" in line and "pass" in line
    assert "Decision page: /srv/pages/decision-champion-3.html" in shown
    assert "ecg promote 3 --reviewer NAME --reason TEXT" in shown


def test_what_nothing_can_serve_offers_no_promotion():
    shown = render_terminal(trained(promotable=False).to_document())
    assert "nothing here can serve its versions" in shown and "ecg promote" not in shown
    assert "ecg promote" not in render_terminal(trained(promoted=True, champion="3").to_document())


def test_a_run_that_did_not_train_says_why():
    shown = render_terminal(RetrainOutcome.skipped("too few new studies", None).to_document())
    assert shown.startswith("Nothing was trained\ntoo few new studies\n") and "champion: none yet" in shown


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("roc-scar-old", "ROC curve of scar on the test set old."),
        ("calibration-lvef-new", "Calibration of lvef on the test set new."),
        ("gates", "Estimate, interval and limit of every gate."),
    ],
)
def test_a_figure_is_described_in_a_sentence(name, sentence):
    assert figure_sentence(name) == sentence

"""From gates to a decision."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.evaluation.estimate.comparison import compare_all
from ecgcore.evaluation.estimate.evaluation import evaluate_all
from ecgcore.evaluation.gates.decision import ITSELF, Outcome, decide
from ecgcore.evaluation.gates.gate import Severity
from ecgcore.evaluation.gates.judge import Check, Evidence
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.evaluation.gates.verdict import Verdict

POLICIES = Path(__file__).parents[4] / "deployments" / "policies"
GOOD = Check(True, "checked")
LOOKS = {"old": 1, "new": 1}
SIZES = {
    ("scar", "old"): (236, 659),
    ("scar", "new"): (329, 935),
    ("lvef", "old"): (173, 722),
    ("lvef", "new"): (228, 1036),
}
SHIFTS = {"scar": 1.4, "lvef": 2.2}


def study(seed, noise=0.0, shuffle=False):
    """A predictions frame of the study's test sets, both targets, with sex and age."""
    parts = []
    for test_set, n in (("old", 895), ("new", 1264)):
        rng = np.random.default_rng([seed, n])
        frame = pd.DataFrame({"study_id": [f"S{test_set}{i}" for i in range(n)]})
        frame = frame.assign(patient_id=frame["study_id"], ecg_format=test_set, test_set=test_set)
        frame = frame.assign(female=rng.integers(0, 2, n), age=rng.uniform(18, 95, n))
        for target, shift in SHIFTS.items():
            positives = SIZES[target, test_set][0]
            labels = rng.permutation(np.repeat([1, 0], [positives, n - positives]))
            score = rng.normal(labels * shift) + noise * np.random.default_rng([seed, n, 9]).normal(size=n)
            score = rng.permutation(score) if shuffle else score
            logit = shift * score - shift**2 / 2 + np.log(positives / (n - positives))
            frame[f"{target}_label"] = pd.array(labels, dtype="Int8")
            frame[f"{target}_probability"] = 1 / (1 + np.exp(-logit))
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def candidate():
    return study(1)


@pytest.fixture(scope="module")
def policy():
    return load_policy(POLICIES / "default.yaml")


def first_run(frame):
    return Evidence(evaluate_all(frame), None, (), GOOD, GOOD, LOOKS)


def against(frame, champion):
    return Evidence(evaluate_all(frame), "7", compare_all(frame, champion), GOOD, GOOD, LOOKS)


def test_a_first_run_of_the_published_quality_is_promoted_on_floors_only(policy, candidate):
    decision = decide(policy, first_run(candidate))
    assert decision.outcome is Outcome.PROMOTE
    assert decision.reason.startswith("first run: floors only")
    inferior = [r for r in decision.results if r.kind == "non-inferior"]
    assert [r.verdict for r in inferior] == [Verdict.NOT_APPLICABLE] * 4
    assert decision.policy_sha256 == policy.sha256


def test_the_reason_says_why_there_is_nothing_to_compare_with(policy, candidate):
    assert decide(policy, first_run(candidate), ITSELF).reason.startswith("this is the champion itself: floors only")
    assert "itself" not in decide(policy, against(candidate, candidate), ITSELF).reason


def test_shuffled_scores_are_rejected(policy):
    decision = decide(policy, first_run(study(1, shuffle=True)))
    assert decision.outcome is Outcome.REJECT
    assert "floor auc scar old" in decision.reason


def test_a_close_candidate_replaces_the_champion(policy, candidate):
    assert decide(policy, against(study(1, noise=0.1), candidate)).outcome is Outcome.PROMOTE


def test_a_worse_candidate_does_not(policy, candidate):
    decision = decide(policy, against(study(1, noise=1.0), candidate))
    assert decision.outcome is Outcome.REJECT
    assert "non-inferior auc" in decision.reason


def test_one_leak_rejects_whatever_the_numbers(policy, candidate):
    evidence = replace(first_run(candidate), no_leak=Check(False, "1 test patient in training"))
    assert decide(policy, evidence).outcome is Outcome.REJECT


def test_missing_checks_reject(policy, candidate):
    assert decide(policy, replace(first_run(candidate), reproduces=None)).outcome is Outcome.REJECT


def test_nothing_at_all_rejects(policy):
    assert decide(policy, Evidence((), None, (), None, None)).outcome is Outcome.REJECT


def test_a_small_test_set_is_inconclusive(policy, candidate):
    small = candidate.groupby("test_set").head(200)
    decision = decide(policy, first_run(small))
    assert decision.outcome is Outcome.INCONCLUSIVE
    assert "minimum-cases" in decision.reason


def test_warnings_do_not_block(policy, candidate):
    decision = decide(policy, first_run(candidate.drop(columns=["female", "age"])))
    assert decision.outcome is Outcome.PROMOTE
    assert decision.warnings
    assert all(r.severity is Severity.WARN for r in decision.warnings)


def test_json_keeps_every_number(policy, candidate):
    decision = decide(policy, against(candidate, study(1, noise=0.2)))
    fields = json.loads(decision.to_json())
    assert (fields["outcome"], fields["policy_sha256"]) == (decision.outcome.value, policy.sha256)
    first = next(result for result in decision.results if result.value)
    written = next(result for result in fields["results"] if result["value"])
    assert (written["gate"], written["limit"], written["verdict"]) == (first.gate, first.limit, first.verdict.value)
    assert written["value"] == vars(first.value)

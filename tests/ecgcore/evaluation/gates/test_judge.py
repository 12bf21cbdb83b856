"""Each kind of gate on evidence made for it. Whatever is missing must fail."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest
import yaml

from ecgcore.errors import EvaluationError, RecipeError
from ecgcore.evaluation.estimate.comparison import compare_all
from ecgcore.evaluation.estimate.evaluation import evaluate_all
from ecgcore.evaluation.gates.judge import Check, Evidence, judge_gates
from ecgcore.evaluation.gates.policy import parse_policy
from ecgcore.evaluation.gates.verdict import Verdict

PLACE = {"targets": ["scar"], "test_sets": ["new"]}
ANSWERS = [{"kind": "floor", "metric": m, "at_least": 0.3, **PLACE} for m in ("sensitivity", "specificity")]
BASE = [
    {"kind": "no-leak"},
    {"kind": "reproduces"},
    {"kind": "floor", "metric": "auc", "at_least": 0.7, **PLACE},
    *ANSWERS,
]
GOOD = Check(True, "checked")


def guards(gates):
    """The guards that the loader asks for, so low that they decide nothing, where a test brings none of its own."""
    lowest = {"minimum-cases": {"positives": 2, "negatives": 2}, "non-inferior": {"margin": 0.1, "severity": "warn"}}
    places = {(target, name) for g in gates if "targets" in g for target in g["targets"] for name in g["test_sets"]}
    for (target, name), (kind, values) in product(sorted(places), lowest.items()):
        place = {"kind": kind, "targets": [target], "test_sets": [name]}
        if not any(place.items() <= gate.items() for gate in gates):
            yield place | values


def policy(*gates, level=0.95):
    gates = [*BASE, *gates]
    fields = {"name": "p", "approval": "manual", "level": level, "gates": [*gates, *guards(gates)]}
    return parse_policy(yaml.safe_dump(fields).encode())


def evidence(frame=None, champion=None, version=None, no_leak=GOOD, reproduces=GOOD, level=0.95):
    evaluations = () if frame is None else evaluate_all(frame, level)
    comparisons = () if champion is None else compare_all(frame, champion, level)
    return Evidence(evaluations, version, comparisons, no_leak, reproduces)


def judged(found, *gates, level=0.95):
    return {r.title: r for r in judge_gates(policy(*gates, level=level), found)}


@pytest.fixture
def strong(binormal_frame):
    return binormal_frame(200, 400, 2.0, 1)


@pytest.fixture
def useless(binormal_frame):
    return binormal_frame(200, 400, 1e-6, 2)


def test_floor_passes_fails_and_hesitates(strong, useless, binormal_frame):
    name = "floor auc scar new"
    assert judged(evidence(strong))[name].verdict is Verdict.PASS
    assert judged(evidence(useless))[name].verdict is Verdict.FAIL
    close = judged(evidence(binormal_frame(60, 120, 0.85, 1)))[name]
    assert close.verdict is Verdict.INCONCLUSIVE
    assert close.value.low < 0.7 < close.value.high
    assert close.cases_needed > close.cases == 180
    assert f"{close.cases_needed} cases" in close.detail


def test_ceiling_is_a_floor_turned_over(strong):
    gate = {"kind": "ceiling", "metric": "brier", **PLACE}
    assert judged(evidence(strong), {**gate, "at_most": 0.25})["ceiling brier scar new"].verdict is Verdict.PASS
    assert judged(evidence(strong), {**gate, "at_most": 0.05})["ceiling brier scar new"].verdict is Verdict.FAIL


def test_missing_evaluation_fails_closed():
    minimum = {"kind": "minimum-cases", "positives": 10, "negatives": 10, **PLACE}
    inferior = {"kind": "non-inferior", "margin": 0.03, **PLACE}
    found = judged(evidence(version="1"), minimum, inferior)
    assert found["floor auc scar new"].verdict is Verdict.FAIL
    assert found["minimum-cases scar new"].verdict is Verdict.FAIL
    assert found["non-inferior auc scar new"].verdict is Verdict.FAIL
    assert "not evaluated" in found["floor auc scar new"].detail


def test_undefined_metric_fails_closed(make_frame):
    found = judged(evidence(make_frame([0, 0, 0], [0.1, 0.2, 0.3])))["floor auc scar new"]
    assert found.verdict is Verdict.FAIL
    assert "need both classes" in found.detail


def test_another_level_fails_closed(strong):
    assert judged(evidence(strong, level=0.9))["floor auc scar new"].verdict is Verdict.FAIL


@pytest.mark.parametrize(("check", "expected"), [(None, "fail"), (Check(False, "leak"), "fail"), (GOOD, "pass")])
def test_checks_that_were_not_run_fail(check, expected):
    found = judged(evidence(no_leak=check, reproduces=check))
    assert (found["no-leak"].verdict, found["reproduces"].verdict) == (expected, expected)


NON_INFERIOR = {"kind": "non-inferior", "margin": 0.03, **PLACE}


def test_non_inferiority(strong, useless, binormal_frame):
    name = "non-inferior auc scar new"
    close = binormal_frame(200, 400, 2.0, 1, noise=0.1)
    assert judged(evidence(strong), NON_INFERIOR)[name].verdict is Verdict.NOT_APPLICABLE
    assert judged(evidence(close, strong, "1"), NON_INFERIOR)[name].verdict is Verdict.PASS
    relabelled = useless.assign(study_id=strong["study_id"])
    assert judged(evidence(relabelled, strong, "1"), NON_INFERIOR)[name].verdict is Verdict.FAIL
    assert judged(evidence(strong, version="1"), NON_INFERIOR)[name].verdict is Verdict.FAIL


def test_non_inferiority_hesitates_with_few_cases(binormal_frame):
    candidate, champion = binormal_frame(20, 40, 1.2, 1, noise=1), binormal_frame(20, 40, 1.2, 1, noise=0)
    found = judged(evidence(candidate, champion, "1"), NON_INFERIOR)["non-inferior auc scar new"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.limit == -0.03


def test_a_comparison_on_other_rows_fails_closed(strong, binormal_frame):
    fewer = strong.iloc[10:]
    comparisons = compare_all(fewer, fewer)
    found = judge_gates(policy(NON_INFERIOR), Evidence(evaluate_all(strong), "1", comparisons, GOOD, GOOD))
    (compared,) = (result for result in found if result.title == "non-inferior auc scar new")
    assert compared.verdict is Verdict.FAIL
    assert "other rows" in compared.detail


def test_too_few_cases_make_every_gate_of_that_set_inconclusive(strong, useless):
    minimum = {"kind": "minimum-cases", "positives": 300, "negatives": 300, **PLACE}
    for frame in (strong, useless):
        found = judged(evidence(frame), minimum)
        assert found["minimum-cases scar new"].verdict is Verdict.INCONCLUSIVE
        assert found["floor auc scar new"].verdict is Verdict.INCONCLUSIVE
        assert found["floor auc scar new"].cases_needed == 900  # 600 studies hold 200 positives of the 300 needed
        assert found["no-leak"].verdict is Verdict.PASS
    enough = judged(evidence(strong), {**minimum, "positives": 200})
    assert enough["floor auc scar new"].verdict is Verdict.PASS


def test_too_few_cases_of_another_set_do_not_matter(strong, binormal_frame):
    minimum = {"kind": "minimum-cases", "positives": 300, "negatives": 300, "targets": ["scar"], "test_sets": ["old"]}
    frame = pd.concat([strong, binormal_frame(5, 5, 1, 3, test_set="old")])
    other = [{**floor, "test_sets": ["old"]} for floor in ANSWERS]
    assert judged(evidence(frame), minimum, *other)["floor auc scar new"].verdict is Verdict.PASS


def test_one_answer_for_everybody_passes_neither_pair_of_floors(strong):
    for probability, missing in ((0.01, "sensitivity"), (0.99, "specificity")):
        found = judged(evidence(strong.assign(scar_probability=probability)))
        assert found[f"floor {missing} scar new"].verdict is Verdict.FAIL
        assert found[f"floor {missing} scar new"].value.value == 0


def test_slices_are_judged_apart(strong):
    frame = strong.assign(female=[i % 2 for i in range(len(strong))])
    gate = {"kind": "floor", "metric": "auc", "at_least": 0.6, "slices": ["sex", "age"], **PLACE}
    found = judged(evidence(frame), gate)
    assert found["floor auc scar new by sex: female"].cases == 300
    assert found["floor auc scar new by sex: male"].verdict is Verdict.PASS
    assert found["floor auc scar new by age"].verdict is Verdict.FAIL  # the frame has no age: nothing passes unseen
    assert found["floor auc scar new by age"].severity == "warn"


def test_a_slice_without_positives_is_inconclusive(strong):
    frame = strong.assign(female=strong["scar_label"].astype(int))
    gate = {"kind": "floor", "metric": "auc", "at_least": 0.6, "slices": ["sex"], **PLACE}
    assert judged(evidence(frame), gate)["floor auc scar new by sex: male"].verdict is Verdict.INCONCLUSIVE


def test_evidence_that_contradicts_itself_is_refused(strong):
    evaluations = evaluate_all(strong)
    with pytest.raises(EvaluationError, match="twice"):
        Evidence(evaluations * 2, None, (), GOOD, GOOD)
    with pytest.raises(EvaluationError, match="no champion"):
        Evidence(evaluations, None, compare_all(strong, strong), GOOD, GOOD)


LOOKS = {"kind": "maximum-looks", "test_sets": ["new"], "looks": 24}


@pytest.mark.parametrize(
    ("looks", "verdict"), [({"new": 24}, Verdict.PASS), ({"new": 25}, Verdict.INCONCLUSIVE), ({"old": 3}, Verdict.FAIL)]
)
def test_a_test_set_is_trusted_for_so_many_looks(strong, looks, verdict):
    found = judged(replace(evidence(strong), looks=looks), LOOKS)["maximum-looks new"]
    assert (found.verdict, found.test_set, found.target) == (verdict, "new", "")
    assert "fresh test set" in found.detail or verdict is not Verdict.INCONCLUSIVE


def test_a_gate_on_looks_judges_no_head(strong):
    with pytest.raises(RecipeError, match="AUC of scar on old"):
        policy({**LOOKS, "test_sets": ["old"]}).check_covers(["scar"])

"""Policies: what is read, and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from ecgcore.errors import RecipeError
from ecgcore.evaluation.estimate.evaluation import Metric
from ecgcore.evaluation.gates.gate import GateKind, MetricGate, MinimumCases, NonInferior, ReleaseCheck, Severity
from ecgcore.evaluation.gates.policy import Approval, load_policy, parse_policy

POLICIES = Path(__file__).parents[4] / "deployments" / "policies"
FLOOR = {"kind": "floor", "metric": "auc", "targets": ["scar"], "test_sets": ["new"], "at_least": 0.75}
BASE = {"name": "p", "approval": "manual", "level": 0.95, "gates": [{"kind": "no-leak"}, {"kind": "reproduces"}, FLOOR]}
ANSWERED = ("sensitivity", "specificity")


def needed(target, test_set):
    """The gates that the loader asks for wherever one judges."""
    place = {"targets": [target], "test_sets": [test_set]}
    floors = [{"kind": "floor", "metric": metric, "at_least": 0.3, **place} for metric in ANSWERED]
    guards = [{"kind": "minimum-cases", "positives": 5, "negatives": 6}, {"kind": "non-inferior", "margin": 0.1}]
    return [*floors, *({**guard, **place} for guard in guards)]


def judged_whole(gates):
    """The gates, and what is needed wherever one of them judges, if it is not there."""
    if not isinstance(gates, list):
        return gates
    placed = [g for g in gates if isinstance(g, dict) and isinstance(g.get("targets"), list) and g.get("test_sets")]
    places = {(t, s) for g in placed for t in g["targets"] for s in g["test_sets"]}
    there = {(g["kind"], t, s) for g in placed for t in g["targets"] for s in g["test_sets"]}
    wanted = [gate for place in sorted(places) for gate in needed(*place)]
    return [
        *gates,
        *(g for g in wanted if g["kind"] == "floor" or (g["kind"], *g["targets"], *g["test_sets"]) not in there),
    ]


def parse(**changes):
    fields = {**BASE, **changes}
    return parse_policy(yaml.safe_dump({**fields, "gates": judged_whole(fields["gates"])}).encode())


def with_gate(**gate):
    return parse(gates=[*BASE["gates"], gate])


def test_every_kind_is_read():
    place = {"targets": ["scar", "lvef"], "test_sets": ["old"]}
    policy = parse(
        gates=[
            *BASE["gates"],
            {"kind": "ceiling", "metric": "brier", "at_most": 0.2, "severity": "warn", **place},
            {"kind": "non-inferior", "margin": 0.03, **place},
            {"kind": "minimum-cases", "positives": 40, "negatives": 160, **place},
            {"kind": "floor", "metric": "f1", "at_least": 0.5, "slices": ["sex"], **place},
        ]
    )
    block, warn = Severity.BLOCK, Severity.WARN
    assert policy.approval is Approval.MANUAL
    added = [g for g in policy.gates if isinstance(g, MetricGate) and g.metric in ANSWERED]
    added += [MinimumCases("scar", "new", 5, 6, block), NonInferior("scar", "new", 0.1, block)]
    assert len(added) == 8
    assert tuple(g for g in policy.gates if g not in added) == (
        ReleaseCheck(GateKind.NO_LEAK, block),
        ReleaseCheck(GateKind.REPRODUCES, block),
        MetricGate(GateKind.FLOOR, Metric.AUC, "scar", "new", 0.75, block),
        MetricGate(GateKind.CEILING, Metric.BRIER, "scar", "old", 0.2, warn),
        MetricGate(GateKind.CEILING, Metric.BRIER, "lvef", "old", 0.2, warn),
        NonInferior("scar", "old", 0.03, block),
        NonInferior("lvef", "old", 0.03, block),
        MinimumCases("scar", "old", 40, 160, block),
        MinimumCases("lvef", "old", 40, 160, block),
        MetricGate(GateKind.FLOOR, Metric.F1, "scar", "old", 0.5, warn, "sex"),
        MetricGate(GateKind.FLOOR, Metric.F1, "lvef", "old", 0.5, warn, "sex"),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extra": 1}, "unknown keys"),
        ({"approval": "never"}, "approval must be one of"),
        ({"level": 95}, "level must be a number"),
        ({"level": True}, "level must be a number"),
        ({"level": float("nan")}, "level must be a number"),
        ({"name": ""}, "name must be text"),
        ({"gates": []}, "no blocking gate"),
        ({"gates": "all"}, "must be a list"),
        ({"gates": [{"kind": "no-leak"}, {"kind": "reproduces"}]}, "no blocking gate of the kinds .*floor"),
        ({"gates": [{"kind": "no-leak", "severity": "warn"}, {"kind": "reproduces"}, FLOOR]}, "no-leak"),
        ({"gates": [*BASE["gates"], FLOOR]}, "gates twice"),
        ({"gates": [*BASE["gates"], "floor"]}, "must be a mapping"),
    ],
)
def test_wrong_files_are_refused(change, message):
    with pytest.raises(RecipeError, match=message) as caught:
        parse(**change)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "floors"}, "kind must be one of"),
        ({"metric": "accuracy"}, "metric must be one of"),
        ({"at_least": 1.5}, "at_least must be a number"),
        ({"at_least": "0.75"}, "at_least must be a number"),
        ({"at_least": float("nan")}, "at_least must be a number"),
        ({"at_most": 0.5}, "unknown keys"),
        ({"metric": "brier"}, "a floor on brier .* smaller is better"),
        ({"targets": "scar"}, "non-empty list"),
        ({"test_sets": []}, "non-empty list"),
        ({"severity": "maybe"}, "severity must be one of"),
        ({"slices": ["hospital"]}, "slices"),
    ],
)
def test_wrong_gates_are_refused(change, message):
    with pytest.raises(RecipeError, match=message):
        with_gate(**{**FLOOR, "test_sets": ["old"], **change})


@pytest.mark.parametrize("count", [0, 1, -5, 2.5, "40", True])
def test_minimum_cases_are_whole_numbers(count):
    with pytest.raises(RecipeError, match="positives must be a whole number"):
        with_gate(kind="minimum-cases", targets=["scar"], test_sets=["new"], positives=count, negatives=10)


@pytest.mark.parametrize(
    "content", [b"name: p\nname: q\n", b"gates: [", b"\xff\xfe\xfa", b"!!python/object:os.system {}"]
)
def test_text_that_is_not_strict_yaml_is_refused(content):
    with pytest.raises(RecipeError, match="not YAML"):
        parse_policy(content)


def test_doubled_key_inside_a_gate_is_refused():
    full = {**BASE, "gates": judged_whole(BASE["gates"])}
    text = yaml.safe_dump(full).replace("at_least: 0.75", "at_least: 0.75\n  at_least: 0.1")
    with pytest.raises(RecipeError, match="given twice"):
        parse_policy(text.encode())


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="cannot be read"):
        load_policy(tmp_path / "none.yaml")


@pytest.mark.parametrize(("name", "approval"), [("default", Approval.MANUAL), ("demo", Approval.AUTOMATIC)])
def test_the_shipped_policies_load_with_the_hash_of_their_bytes(name, approval):
    path = POLICIES / f"{name}.yaml"
    policy = load_policy(path)
    assert (policy.name, policy.approval) == (name, approval)
    assert policy.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    places = {(g.target, g.test_set) for g in policy.gates if isinstance(g, NonInferior)}
    assert places == {(t, s) for t in ("scar", "lvef") for s in ("old", "new")}
    sliced = [g for g in policy.gates if isinstance(g, MetricGate) and g.slice_by]
    assert sliced
    assert all(g.severity is Severity.WARN for g in sliced)


@pytest.mark.parametrize("metric", ["auc", "sensitivity", "specificity", "f1"])
def test_a_ceiling_on_what_should_be_large_is_refused(metric):
    place = {"targets": ["scar"], "test_sets": ["new"]}
    with pytest.raises(RecipeError, match=f"a ceiling on {metric} .* larger is better"):
        with_gate(kind="ceiling", metric=metric, at_most=0.9, **place)


def test_a_policy_must_judge_every_head_on_every_test_set():
    with_gate(**{**FLOOR, "test_sets": ["old"], "at_least": 0.6}).check_covers(["scar"])
    parse().check_covers(["scar"])
    with pytest.raises(RecipeError, match="no blocking floor on the AUC of lvef on new"):
        parse().check_covers(["scar", "lvef"])
    with pytest.raises(RecipeError, match="no blocking floor on the AUC of lvef on new"):
        with_gate(kind="non-inferior", margin=0.03, targets=["lvef"], test_sets=["old"]).check_covers(["lvef"])


@pytest.mark.parametrize(
    "gate",
    [
        {"kind": "non-inferior", "margin": 0.03, "targets": ["scar"]},
        {"kind": "minimum-cases", "positives": 2, "negatives": 2, "targets": ["lvef"]},
        {**FLOOR, "severity": "warn"},
        {**FLOOR, "metric": "f1"},
    ],
)
def test_a_floor_on_one_test_set_covers_no_other_that_the_policy_names(gate):
    gates = [{**FLOOR, "targets": ["scar", "lvef"]}, {**gate, "test_sets": ["old"]}]
    with pytest.raises(RecipeError, match="AUC of scar on old"):
        parse(gates=[*BASE["gates"][:2], *gates]).check_covers(["scar", "lvef"])


@pytest.mark.parametrize("weak", [{"severity": "warn"}, {"slices": ["sex"], "severity": "block"}, {"metric": "f1"}])
def test_a_gate_that_does_not_hold_back_the_whole_ranking_covers_nothing(weak):
    policy = with_gate(**{**FLOOR, "targets": ["lvef"], **weak})
    with pytest.raises(RecipeError, match="lvef"):
        policy.check_covers(["lvef"])


@pytest.mark.parametrize("metric", ANSWERED)
@pytest.mark.parametrize(
    "weak", [None, {"severity": "warn"}, {"slices": ["sex"], "severity": "block"}, {"targets": ["lvef"]}]
)
def test_a_policy_without_a_blocking_floor_on_an_answer_is_refused_with_the_lines_to_add(metric, weak):
    floors = [f for f in needed("scar", "new") if f.get("metric") != metric]
    other = [{**f, **weak} for f in needed("scar", "new") if f.get("metric") == metric] if weak else []
    gates = [*BASE["gates"], *floors, *other]
    with pytest.raises(RecipeError, match=f"no blocking floor on the {metric} of .*scar on new") as caught:
        parse_policy(yaml.safe_dump({**BASE, "gates": gates}).encode(), "p.yaml")
    assert caught.value.thing == "p.yaml" and "answers the same for everybody could be promoted" in caught.value.rule
    line = f"- {{kind: floor, metric: {metric}, targets: [scar], test_sets: [new], at_least: LIMIT}}"
    assert line in caught.value.hint
    assert yaml.safe_load(line)[0]["metric"] == metric


def test_all_that_is_missing_is_named_at_once():
    place = {"targets": ["lvef", "scar"], "test_sets": ["old"]}
    gates = [*BASE["gates"], *needed("scar", "new"), {"kind": "ceiling", "metric": "brier", "at_most": 0.2, **place}]
    with pytest.raises(RecipeError) as caught:
        parse_policy(yaml.safe_dump({**BASE, "gates": gates}).encode())
    both = "lvef on old, scar on old"
    for what in ("floor on the sensitivity", "floor on the specificity", "minimum of cases", "non-inferiority"):
        assert f"no blocking {what} of {both}: " in caught.value.rule
    lines = caught.value.hint.split("reason:")[1].replace("margin: LIMIT", "margin: 0.1")
    lines = lines.replace("at_least: LIMIT", "at_least: 0.3").replace("LIMIT", "12")
    parse_policy(yaml.safe_dump({**BASE, "gates": [*gates, *yaml.safe_load(lines)]}).encode())


@pytest.mark.parametrize("kind", ["minimum-cases", "non-inferior"])
@pytest.mark.parametrize("weak", [None, {"severity": "warn"}, {"targets": ["lvef"]}, {"test_sets": ["old"]}])
def test_an_automatic_policy_without_a_guard_is_refused(kind, weak):
    whole = [*BASE["gates"], *needed("scar", "new"), *needed("lvef", "new"), *needed("scar", "old")]
    of_it = {"kind": kind, "targets": ["scar"], "test_sets": ["new"]}
    kept = [g for g in whole if not of_it.items() <= g.items()]
    (guard,) = (g for g in whole if of_it.items() <= g.items())
    same = next((g for g in kept if weak and {**guard, **weak} == g), None)
    gates = kept if weak is None or same else [*kept, {**guard, **weak}]
    parse_policy(yaml.safe_dump({**BASE, "approval": "automatic", "gates": [*kept, guard]}).encode())
    with pytest.raises(RecipeError, match="of scar on new: "):
        parse_policy(yaml.safe_dump({**BASE, "approval": "automatic", "gates": gates}).encode())


def test_where_a_person_decides_non_inferiority_may_warn():
    place = {"targets": ["scar"], "test_sets": ["new"]}
    policy = with_gate(kind="non-inferior", margin=0.03, severity="warn", **place)
    assert NonInferior("scar", "new", 0.03, Severity.WARN) in policy.gates
    with pytest.raises(RecipeError, match="no blocking non-inferiority of scar on new"):
        parse(
            approval="automatic",
            gates=[*BASE["gates"], {"kind": "non-inferior", "margin": 0.03, "severity": "warn", **place}],
        )


@pytest.mark.parametrize(("level", "chance"), [(0.9, "5 %"), (0.949, "2.55 %"), (0.5, "25 %")])
def test_a_level_below_95_is_refused_with_what_it_would_let_pass(level, chance):
    with pytest.raises(RecipeError, match=rf"level .* is below 0\.95: a model at a limit would pass it in {chance} "):
        parse(level=level)
    assert parse(level=0.99).level == 0.99


@pytest.mark.parametrize("margin", [0.1001, 0.5])
def test_a_margin_above_a_tenth_is_refused(margin):
    with pytest.raises(RecipeError, match=r"margin .* is above 0\.1: a model that ranks worse by up to"):
        with_gate(kind="non-inferior", margin=margin, targets=["scar"], test_sets=["new"])


@pytest.mark.parametrize("name", ["default", "demo"])
def test_the_shipped_policies_cover_both_heads(name):
    load_policy(POLICIES / f"{name}.yaml").check_covers(["scar", "lvef"])


def test_a_policy_about_some_targets_keeps_their_gates_and_the_safety_checks():
    policy = load_policy(POLICIES / "default.yaml")
    part = policy.about(("lvef",))
    assert {getattr(gate, "target", None) for gate in part.gates} == {None, "lvef"}
    assert [g.name for g in part.gates] == [g.name for g in policy.gates if getattr(g, "target", "lvef") == "lvef"]
    assert (part.name, part.sha256, part.level) == (policy.name, policy.sha256, policy.level)

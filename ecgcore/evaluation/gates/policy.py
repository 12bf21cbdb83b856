"""A policy: the gates between a candidate and the champion's place, read from one YAML file.

::

    name: default
    approval: manual            # or automatic
    level: 0.95
    gates:
      - {kind: minimum-cases, targets: [scar], test_sets: [old, new], positives: 40, negatives: 160}
      - {kind: floor, metric: auc, targets: [scar], test_sets: [old, new], at_least: 0.75}
      - {kind: floor, metric: sensitivity, targets: [scar], test_sets: [old, new], at_least: 0.25}
      - {kind: floor, metric: specificity, targets: [scar], test_sets: [old, new], at_least: 0.85}
      - {kind: floor, metric: auc, targets: [scar], test_sets: [new], at_least: 0.65, slices: [sex, age]}   # warns
      by default
      - {kind: ceiling, metric: brier, targets: [scar], test_sets: [new], at_most: 0.25, severity: warn}
      - {kind: non-inferior, targets: [scar], test_sets: [old, new], margin: 0.03}
      - {kind: maximum-looks, test_sets: [old, new], looks: 24}
      - {kind: no-leak}
      - {kind: reproduces}
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml

from ecgcore.errors import RecipeError
from ecgcore.evaluation.estimate.evaluation import Metric
from ecgcore.evaluation.gates.gate import (
    Gate,
    GateKind,
    HeadGate,
    MaximumLooks,
    MetricGate,
    MinimumCases,
    NonInferior,
    ReleaseCheck,
    Severity,
)

_POLICY_KEYS = {"name", "approval", "level", "gates"}
_PLACE = {"kind", "targets", "test_sets"}
_REQUIRED = {
    GateKind.FLOOR: _PLACE | {"metric", "at_least"},
    GateKind.CEILING: _PLACE | {"metric", "at_most"},
    GateKind.NON_INFERIOR: _PLACE | {"margin"},
    GateKind.MINIMUM_CASES: _PLACE | {"positives", "negatives"},
    GateKind.MAXIMUM_LOOKS: {"kind", "test_sets", "looks"},
    GateKind.NO_LEAK: {"kind"},
    GateKind.REPRODUCES: {"kind"},
}
_SLICED = (GateKind.FLOOR, GateKind.CEILING)
_SAFETY = (GateKind.NO_LEAK, GateKind.REPRODUCES)
SLICES = ("format", "sex", "age", "imputed")
_HINT = "compare with deployments/policies/default.yaml"
LEAST_LEVEL = 0.95
LARGEST_MARGIN = 0.1

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class _Need:
    """What every head needs on every test set that a policy judges it on.

    Args:
        words: what is missing, in an error.
        reason: what could happen without it.
        kind, values: of the line to add.
        metric: of a floor.
    """

    words: str
    reason: str
    kind: GateKind
    values: str
    metric: Metric | None = None

    def line(self, target: str, test_set: str) -> str:
        """Return the YAML line that a policy lacks, its limit left open."""
        metric = f", metric: {self.metric}" if self.metric else ""
        return f"- {{kind: {self.kind}{metric}, targets: [{target}], test_sets: [{test_set}], {self.values}}}"


_ONE_ANSWER = "a model that answers the same for everybody could be promoted"
_NEEDS = (
    # what the deployed predictor answers, not how it ranks
    _Need("blocking floor on the sensitivity", _ONE_ANSWER, GateKind.FLOOR, "at_least: LIMIT", Metric.SENSITIVITY),
    _Need("blocking floor on the specificity", _ONE_ANSWER, GateKind.FLOOR, "at_least: LIMIT", Metric.SPECIFICITY),
    _Need(
        "blocking minimum of cases",
        "its intervals would be trusted however few they rest on",
        GateKind.MINIMUM_CASES,
        "positives: LIMIT, negatives: LIMIT",
    ),
    _Need(
        "blocking non-inferiority",
        "a model worse than the champion could replace it",
        GateKind.NON_INFERIOR,
        "margin: LIMIT",
    ),
)


class Approval(StrEnum):
    """Who decides once all blocking gates have passed."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Policy:
    """The gates of one policy file.

    Args:
        name: of the policy.
        sha256: of the file's bytes, recorded before training starts.
        approval: whether a person must approve a candidate that passed.
        level: level of every interval that the gates look at.
        gates: one per target, test set and slice family.
    """

    name: str
    sha256: str
    approval: Approval
    level: float
    gates: tuple[Gate, ...]

    @property
    def test_sets(self) -> tuple[str, ...]:
        """The test sets that any gate names, sorted."""
        return tuple(sorted({gate.test_set for gate in self.gates if not isinstance(gate, ReleaseCheck)}))

    def check_covers(self, targets: Sequence[str]) -> None:
        """Check that no head could be promoted unjudged on any test set of the policy.

        Raises:
            RecipeError: a target lacks a blocking AUC floor on the whole of a test set that the policy names.
        """
        floors = _barred(self.gates, Metric.AUC)
        for target, test_set in product(targets, self.test_sets):
            if (target, test_set) not in floors:
                raise RecipeError(
                    f"policy {self.name}",
                    f"has no blocking floor on the AUC of {target} on {test_set}: that head would be promoted unjudged",
                    "add a gate of kind floor and metric auc to the policy, or take the target out of the recipe",
                )

    def about(self, targets: Sequence[str]) -> Policy:
        """Return the policy without the gates of other targets, for a model that is never promoted by it."""
        return replace(self, gates=tuple(g for g in self.gates if getattr(g, "target", None) in (None, *targets)))


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        RecipeError: the file cannot be read, a key is unknown, missing or doubled, a value is out of range, the
            policy lacks a blocking gate of the kinds floor, no-leak or reproduces, without which anything could be
            promoted, or it lacks for a target on a test set that it judges: a blocking floor on the sensitivity or
            specificity, without which a model that answers the same for everybody could be promoted; minimum cases;
            or non-inferiority, which may only warn where a person decides. A level below :data:`LEAST_LEVEL` and a
            margin above :data:`LARGEST_MARGIN` are refused.
    """
    try:
        content = path.read_bytes()
    except OSError as e:
        raise RecipeError(path, f"cannot be read: {e.strerror}", "name a file of deployments/policies") from e
    return parse_policy(content, path.name)


def parse_policy(content: bytes, thing: str = "policy") -> Policy:
    """Read a policy from the bytes of its file; ``thing`` names it in errors. Raises as :func:`load_policy`."""
    try:
        fields = yaml.load(content, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader that also refuses doubled keys
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise RecipeError(thing, f"is not YAML: {e}", _HINT) from e
    return _Reader(thing).policy(fields, hashlib.sha256(content).hexdigest())


class _StrictLoader(yaml.SafeLoader):
    """Refuses a doubled key, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = {str(k) for k in keys if keys.count(k) > 1}
        if doubled:
            raise yaml.YAMLError(f"the key {', '.join(sorted(doubled))} is given twice")
        return super().construct_mapping(node, deep=deep)


class _Reader:
    """Turns YAML values into gates; every refusal names the file."""

    def __init__(self, thing: str) -> None:
        self.thing = thing

    def policy(self, fields: object, sha256: str) -> Policy:
        top = self.mapping(fields, "the file")
        self.keys(top, _POLICY_KEYS, _POLICY_KEYS, "the file")
        if not isinstance(top["gates"], list):
            self.refuse("gates must be a list")
        gates = tuple(gate for entry in top["gates"] for gate in self.gates(entry))
        self.complete(gates, top["approval"])
        return Policy(
            name=self.text(top["name"], "name"),
            sha256=sha256,
            approval=self.member(Approval, top["approval"], "approval"),
            level=self.level(top["level"]),
            gates=gates,
        )

    def complete(self, gates: tuple[Gate, ...], approval: object) -> None:
        blocking = {g.kind for g in gates if g.severity is Severity.BLOCK}
        missing = [k.value for k in (GateKind.FLOOR, *_SAFETY) if k not in blocking]
        if missing:
            self.refuse(f"has no blocking gate of the kinds {missing}")
        names = [g.name for g in gates]
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            self.refuse(f"holds gates twice: {doubled}")
        self.judged_whole(gates, self.member(Approval, approval, "approval"))

    def level(self, value: object) -> float:
        level = self.number(value, "level", 0.0, 1.0)
        if level < LEAST_LEVEL:
            chance = f"{50 * (1 - level):.3g} % instead of {50 * (1 - LEAST_LEVEL):.3g} %"
            self.refuse(
                f"level {level:g} is below {LEAST_LEVEL}: a model at a limit would pass it in {chance} of cases"
            )
        return level

    def margin(self, value: object) -> float:
        margin = self.number(value, "margin", 0.0, 1.0)
        if margin > LARGEST_MARGIN:
            worse = f"a model that ranks worse by up to {margin:g} could replace the champion"
            self.refuse(f"margin {margin:g} is above {LARGEST_MARGIN}: {worse}")
        return margin

    def judged_whole(self, gates: tuple[Gate, ...], approval: Approval) -> None:
        """Refuse a policy that judges a head on a test set in part only, and name every line that is missing.

        Where a person decides, non-inferiority may warn her; where nobody does, it blocks.
        """
        judged = {(gate.target, gate.test_set) for gate in gates if isinstance(gate, HeadGate)}
        by_person = approval is Approval.MANUAL
        found = {need: judged - _meeting(gates, need, by_person) for need in _NEEDS}
        missing = {need: sorted(places) for need, places in found.items() if places}
        if not missing:
            return
        rules = [f"no {need.words} of {_places(places)}: {need.reason}" for need, places in missing.items()]
        lines = "".join(f"\n  {need.line(*place)}" for need, places in missing.items() for place in places)
        hint = f"add to the policy's gates, each LIMIT with its reason:{lines}"
        raise RecipeError(self.thing, f"has {', and '.join(rules)}", hint)

    def gates(self, entry: object) -> Iterator[Gate]:
        fields = self.mapping(entry, "a gate")
        kind = self.member(GateKind, fields.get("kind"), "kind")
        optional = {"severity", "slices"} if kind in _SLICED else {"severity"}
        self.keys(fields, _REQUIRED[kind], _REQUIRED[kind] | optional, f"a {kind} gate")
        severity = self.severity(fields)
        if kind in _SAFETY:
            yield ReleaseCheck(kind, severity)
            return
        if kind is GateKind.MAXIMUM_LOOKS:
            for test_set in self.names(fields, "test_sets"):
                yield MaximumLooks(test_set, self.count(fields, "looks"), severity)
            return
        for target, test_set in product(self.names(fields, "targets"), self.names(fields, "test_sets")):
            yield from self.placed(kind, fields, target, test_set, severity)

    def placed(
        self, kind: GateKind, fields: Mapping[str, Any], target: str, test_set: str, severity: Severity
    ) -> Iterator[Gate]:
        if kind is GateKind.MINIMUM_CASES:
            yield MinimumCases(
                target, test_set, self.count(fields, "positives"), self.count(fields, "negatives"), severity
            )
        elif kind is GateKind.NON_INFERIOR:
            yield NonInferior(target, test_set, self.margin(fields["margin"]), severity)
        else:
            metric = self.member(Metric, fields["metric"], "metric")
            key = "at_least" if kind is GateKind.FLOOR else "at_most"
            if metric.larger_is_better is not (kind is GateKind.FLOOR):
                better, other = ("larger", "floor") if metric.larger_is_better else ("smaller", "ceiling")
                self.refuse(
                    f"a {kind} on {metric} would hold the better models back: {better} is better, use a {other}"
                )
            limit = self.number(fields[key], key, 0.0, 1.0)
            for part in self.slices(fields):
                yield MetricGate(kind, metric, target, test_set, limit, severity, part)

    def slices(self, fields: Mapping[str, Any]) -> tuple[str | None, ...]:
        if "slices" not in fields:
            return (None,)
        names = self.names(fields, "slices")
        unknown = [n for n in names if n not in SLICES]
        if unknown:
            self.refuse(f"slices {unknown} are unknown; known are {list(SLICES)}")
        return names

    def severity(self, fields: Mapping[str, Any]) -> Severity:
        default = Severity.WARN if "slices" in fields else Severity.BLOCK
        return self.member(Severity, fields.get("severity", default), "severity")

    def mapping(self, value: object, what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse(f"{what} must be a mapping of keys to values")
        return value

    def keys(self, fields: Mapping[str, Any], required: set[str], allowed: set[str], what: str) -> None:
        unknown, missing = sorted(map(str, fields.keys() - allowed)), sorted(required - fields.keys())
        if unknown or missing:
            self.refuse(f"{what} has unknown keys {unknown} and lacks the keys {missing}")

    def names(self, fields: Mapping[str, Any], key: str) -> tuple[str, ...]:
        values = fields[key]
        if not isinstance(values, list) or not values or not all(isinstance(v, str) and v for v in values):
            self.refuse(f"{key} must be a non-empty list of names, is {values!r}")
        return tuple(values)

    def text(self, value: object, key: str) -> str:
        if not isinstance(value, str) or not value:
            self.refuse(f"{key} must be text, is {value!r}")
        return value

    def member(self, kind: type[E], value: object, key: str) -> E:
        known = [m.value for m in kind]
        if value not in known:
            self.refuse(f"{key} must be one of {known}, is {value!r}")
        return kind(str(value))

    def number(self, value: object, key: str, low: float, high: float) -> float:
        valid = (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and low < value < high
        )
        if not valid:
            self.refuse(f"{key} must be a number between {low} and {high}, both excluded, is {value!r}")
        return float(value)  # type: ignore[arg-type]

    def count(self, fields: Mapping[str, Any], key: str) -> int:
        value = fields[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < 2:
            self.refuse(f"{key} must be a whole number of at least 2, is {value!r}")
        return value

    def refuse(self, rule: str) -> NoReturn:
        raise RecipeError(self.thing, rule, _HINT)


def _barred(gates: tuple[Gate, ...], metric: Metric) -> set[tuple[str, str]]:
    """Return the target and test set of every blocking floor on the whole of a metric."""
    return {(gate.target, gate.test_set) for gate in gates if isinstance(gate, MetricGate) and gate.bars(metric)}


def _meeting(gates: tuple[Gate, ...], need: _Need, by_person: bool) -> set[tuple[str, str]]:
    """Return the target and test set of every gate that meets a need."""
    if need.metric is not None:
        return _barred(gates, need.metric)
    kind = NonInferior if need.kind is GateKind.NON_INFERIOR else MinimumCases
    warned = by_person and kind is NonInferior
    return {(g.target, g.test_set) for g in gates if isinstance(g, kind) and (warned or g.severity is Severity.BLOCK)}


def _places(places: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{target} on {test_set}" for target, test_set in places)

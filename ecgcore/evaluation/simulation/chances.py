"""How often a model of known quality passes the floors of a policy, by simulation.

``python -m ecgcore.evaluation.simulation.chances study|demo FILE`` prints the chances for the policy in FILE.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecgcore.errors import EcgError, EvaluationError
from ecgcore.evaluation.estimate.discrimination.auc import Scale
from ecgcore.evaluation.estimate.evaluation import Metric
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL
from ecgcore.evaluation.gates.gate import MetricGate
from ecgcore.evaluation.gates.policy import Policy, load_policy
from ecgcore.evaluation.simulation.coverage import interval_ends, simulate

REPLICATES = 20_000


@dataclass(frozen=True)
class Setting:
    """A model of known AUC on a test set of known size."""

    target: str
    test_set: str
    positives: int
    negatives: int
    area: float


STUDY = (
    Setting("scar", "old", 236, 659, 0.838),
    Setting("scar", "new", 329, 935, 0.811),
    Setting("lvef", "old", 173, 722, 0.939),
    Setting("lvef", "new", 228, 1036, 0.931),
)
"""The published model on the published test sets (facts of the study)."""

DEMO = tuple(Setting(t, s, *n, 0.87) for s in ("old", "new") for t, n in (("scar", (27, 66)), ("lvef", (17, 76))))
"""A good model on the demo hospital's test sets of some 93 studies each, at the lower end of what it reaches."""

SCENARIOS = {"study": STUDY, "demo": DEMO}


def pass_chance(
    setting: Setting, limit: float, level: float = DEFAULT_LEVEL, replicates: int = REPLICATES, seed: int = 1
) -> float:
    """Return the share of binormal samples whose AUC interval lies wholly above ``limit``."""
    passed = 0
    for placed in simulate(setting.area, setting.positives, setting.negatives, replicates, seed):
        low, _ = interval_ends(placed, level, Scale.LOGIT)
        passed += int(np.sum(low > limit))
    return passed / replicates


def floor_of(policy: Policy, setting: Setting, metric: Metric = Metric.AUC) -> float | None:
    """Return the policy's highest blocking floor on a metric for a setting's target and test set, None without one."""
    place = (setting.target, setting.test_set)
    floors = (g for g in policy.gates if isinstance(g, MetricGate) and g.bars(metric))
    return max((g.limit for g in floors if (g.target, g.test_set) == place), default=None)


def table(policy: Policy, settings: tuple[Setting, ...]) -> Iterator[str]:
    """Yield the lines of the table: each floor, then all of them together."""
    yield f"Chance to pass the AUC floors of the policy {policy.name!r}; {REPLICATES} binormal samples each"
    yield "target test set  positives negatives  true AUC  floor   passes   AUC 0.5 passes"
    good, useless = [], []
    for setting in settings:
        floor = floor_of(policy, setting)
        if floor is None:
            continue
        nothing = Setting(setting.target, setting.test_set, setting.positives, setting.negatives, 0.5)
        good.append(pass_chance(setting, floor, policy.level))
        useless.append(pass_chance(nothing, floor, policy.level))
        yield (
            f"{setting.target:6s} {setting.test_set:8s} {setting.positives:10d} {setting.negatives:9d}"
            f" {setting.area:9.3f} {floor:6.2f} {good[-1]:8.4f} {useless[-1]:16.5f}"
        )
    yield f"all floors, were they independent: {np.prod(good):.4f}"
    yield f"all floors, by a model of AUC 0.5: at most {min(useless, default=1.0):.5f}"


def main(arguments: list[str]) -> None:
    """Print the table for ``arguments``: a scenario and a policy file."""
    if len(arguments) != 2 or arguments[0] not in SCENARIOS:
        raise EvaluationError("arguments", f"are {arguments}", f"pass one of {sorted(SCENARIOS)} and a policy file")
    for line in table(load_policy(Path(arguments[1])), SCENARIOS[arguments[0]]):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except EcgError as error:
        sys.exit(str(error))

"""How often a model of known AUC passes a policy's floors on what it answers: sensitivity and specificity.

The operating point is chosen on a validation set of known size, as a training does it, and so varies too.
``python -m ecgcore.evaluation.simulation.answer_chances study|demo FILE`` prints the chances for the policy in FILE.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import expit, ndtr

from ecgcore.errors import EcgError, EvaluationError
from ecgcore.evaluation.estimate.evaluation import Metric
from ecgcore.evaluation.estimate.proportion import clopper_pearson_ends
from ecgcore.evaluation.frame.cases import Floats
from ecgcore.evaluation.gates.policy import Policy, load_policy
from ecgcore.evaluation.simulation.chances import DEMO, STUDY, Setting, floor_of
from ecgcore.evaluation.simulation.coverage import binormal_shift

REPLICATES = 2_000
_CHUNK = 200
_NEWTON_STEPS = 8


@dataclass(frozen=True)
class Answering:
    """A model of known AUC, the validation set that its operating point is chosen on, and how.

    Args:
        setting: its AUC and the test set.
        valid_positives, valid_negatives: of the validation set.
        min_sensitivity: share of validation positives to be found; None for the calibrated point.
    """

    setting: Setting
    valid_positives: int
    valid_negatives: int
    min_sensitivity: float | None


STUDY_ANSWERS = tuple(Answering(s, *{"scar": (678, 1822, None), "lvef": (468, 2032, None)}[s.target]) for s in STUDY)
"""The published model at its calibrated point; 2,500 development ECGs at the study's prevalences."""

DEMO_ANSWERS = tuple(
    Answering(replace(s, area=0.90), *{"scar": (35, 78, 0.80), "lvef": (21, 92, 0.85)}[s.target]) for s in DEMO
)
"""A usual model of the demo, at the least sensitivities of its recipe on its validation set of 113 studies."""

SCENARIOS = {"study": STUDY_ANSWERS, "demo": DEMO_ANSWERS}


def pass_chances(
    model: Answering, floors: tuple[float, float], level: float, replicates: int = REPLICATES, seed: int = 1
) -> tuple[float, float]:
    """Return the shares of binormal samples whose sensitivity, and whose specificity, lies wholly above its floor."""
    rng = np.random.default_rng(seed)
    thresholds = np.concatenate([_thresholds(model, rng) for _ in range(-(-replicates // _CHUNK))])[:replicates]
    ill, well = model.setting.positives, model.setting.negatives
    found = rng.binomial(ill, ndtr(binormal_shift(model.setting.area) - thresholds))
    cleared = rng.binomial(well, ndtr(thresholds))
    return tuple(  # type: ignore[return-value]
        float(np.mean(clopper_pearson_ends(hits, n, level)[0] > floor))
        for hits, n, floor in ((found, ill, floors[0]), (cleared, well, floors[1]))
    )


def expected(model: Answering) -> tuple[float, float]:
    """Return the sensitivity and specificity of the calibrated point, were the validation set without end.

    With binormal scores of unit variance and distance d, the log odds of score x are ``d x - d^2 / 2 + log(m / n)``.
    """
    distance = binormal_shift(model.setting.area)
    threshold = distance / 2 - math.log(model.valid_positives / model.valid_negatives) / distance
    return float(ndtr(distance - threshold)), float(ndtr(threshold))


def _thresholds(model: Answering, rng: np.random.Generator) -> Floats:
    """Return the score above which each of ``_CHUNK`` trainings says positive, shape (chunk,)."""
    ill = rng.normal(binormal_shift(model.setting.area), 1.0, (_CHUNK, model.valid_positives))
    well = rng.normal(0.0, 1.0, (_CHUNK, model.valid_negatives))
    calibrated = _even_odds(ill, well)
    if model.min_sensitivity is None:
        return calibrated
    needed = math.ceil(round(model.min_sensitivity * model.valid_positives, 9))
    last = np.sort(ill, axis=1)[:, -needed]
    return np.minimum(calibrated, last)


def _even_odds(ill: Floats, well: Floats) -> Floats:
    """Return the score of even odds by a logistic regression of each row (Newton's method), shape (chunk,)."""
    scores, truth = np.hstack([ill, well]), np.hstack([np.ones_like(ill), np.zeros_like(well)])
    slope, intercept = np.zeros(len(scores)), np.zeros(len(scores))
    for _ in range(_NEWTON_STEPS):
        risk = expit(slope[:, None] * scores + intercept[:, None])
        weight, error = risk * (1 - risk), truth - risk
        a, b, c = (np.sum(weight * each, axis=1) for each in (scores**2, scores, np.ones_like(scores)))
        g, h = np.sum(error * scores, axis=1), np.sum(error, axis=1)
        determinant = a * c - b * b
        slope, intercept = slope + (c * g - b * h) / determinant, intercept + (a * h - b * g) / determinant
    return -intercept / slope


def table(policy: Policy, models: tuple[Answering, ...]) -> Iterator[str]:
    """Yield the lines of the table: each pair of floors, then all of them together."""
    yield f"Chance to pass the floors of the policy {policy.name!r} on the answers; {REPLICATES} binormal samples each"
    yield "target test set  true AUC  sensitivity floor   passes  specificity floor   passes"
    chances: list[float] = []
    for model in models:
        setting = model.setting
        floors = tuple(floor_of(policy, setting, m) for m in (Metric.SENSITIVITY, Metric.SPECIFICITY))
        if floors[0] is None or floors[1] is None:
            continue
        found = pass_chances(model, (floors[0], floors[1]), policy.level)
        chances += found
        yield (
            f"{setting.target:6s} {setting.test_set:8s} {setting.area:9.3f} {floors[0]:18.2f} {found[0]:8.4f}"
            f" {floors[1]:18.2f} {found[1]:8.4f}"
        )
    yield f"all floors, were they independent: {np.prod(chances):.4f}"


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

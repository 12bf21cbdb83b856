"""Everything measured for one target on one test set, each number with its interval."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import confusion, sensitivity, specificity
from ecgcore.evaluation.estimate.answers.f1 import f1
from ecgcore.evaluation.estimate.calibration.brier import brier
from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.frame.part import parts
from ecgcore.evaluation.frame.predictions import (
    check_predictions,
    labelled,
    labels_and_probabilities,
    rows_of,
    rows_sha256,
    target_names,
)


class Metric(StrEnum):
    """A number that a gate can ask for."""

    AUC = "auc"
    SENSITIVITY = "sensitivity"
    SPECIFICITY = "specificity"
    F1 = "f1"
    BRIER = "brier"

    @property
    def larger_is_better(self) -> bool:
        """Whether a better model has more of it."""
        return self is not Metric.BRIER


@dataclass(frozen=True)
class Scores:
    """The metrics of a group of studies.

    Args:
        n: studies with a known label.
        positives, negatives: their labels; they add up to ``n``.
        missing: studies of the group whose label is missing, left out of every metric.
        patients: distinct patients among the ``n``; intervals take studies as independent, so this should be close
            to ``n``.
        auc, sensitivity, specificity, f1, brier: None where the statistic is not defined for these studies.
        undefined: why, one line per metric that is None.
    """

    n: int
    positives: int
    negatives: int
    missing: int
    patients: int
    auc: Interval | None
    sensitivity: Interval | None
    specificity: Interval | None
    f1: Interval | None
    brier: Interval | None
    undefined: tuple[str, ...]

    @property
    def found(self) -> int:
        """Positives that the model calls positive at its operating point."""
        return round(self.sensitivity.value * self.positives) if self.sensitivity else 0

    @property
    def missed(self) -> int:
        """Positives that it does not."""
        return self.positives - self.found

    @property
    def alarms(self) -> int:
        """Negatives that it calls positive."""
        return self.negatives - round(self.specificity.value * self.negatives) if self.specificity else 0

    def metric(self, metric: Metric) -> Interval | None:
        """Return the interval of ``metric``, or None where it is not defined."""
        value: Interval | None = getattr(self, metric.value)
        return value


@dataclass(frozen=True)
class Slice:
    """The metrics of a part of a test set, for example ``by="sex", value="female"``."""

    by: str
    value: str
    scores: Scores


@dataclass(frozen=True)
class Evaluation:
    """What is known about one target on one test set.

    Args:
        target: what is predicted.
        test_set: name of the locked test set.
        level: level of all intervals.
        rows_sha256: hash of the studies and labels used, so that two evaluations can be told to be of the same rows.
        scores: of all studies of the set.
        slices: of its parts.
    """

    target: str
    test_set: str
    level: float
    rows_sha256: str
    scores: Scores
    slices: tuple[Slice, ...]


def evaluate(predictions: pd.DataFrame, target: str, test_set: str, level: float = DEFAULT_LEVEL) -> Evaluation:
    """Measure one target on one test set.

    Args:
        predictions: frame as in docs/architecture/evaluation.md. Optional columns ``female`` (0, 1, null), ``age``
            (years) and ``imputed`` (bool) add slices.
        target: its ``<target>_label`` and ``<target>_probability`` columns are used.
        test_set: only rows of this set are used.
        level: level of all intervals.

    Raises:
        EvaluationError: the frame is wrong, or it does not hold the target or the test set. A metric that is not
            defined,
            for instance because a class has no case, does not raise: it is None, with the reason in
                ``Scores.undefined``.
    """
    check_predictions(predictions)
    rows = rows_of(predictions, target, test_set)
    slices = tuple(Slice(p.by, p.value, _scores(p.rows, target, level)) for p in parts(rows))
    return Evaluation(target, test_set, level, rows_sha256(rows, target), _scores(rows, target, level), slices)


def evaluate_all(predictions: pd.DataFrame, level: float = DEFAULT_LEVEL) -> tuple[Evaluation, ...]:
    """Measure every target of the frame on every test set in it, sorted by test set."""
    check_predictions(predictions)
    sets = sorted(predictions["test_set"].unique())
    return tuple(evaluate(predictions, t, s, level) for s in sets for t in target_names(predictions))


def to_json(evaluations: Iterable[Evaluation]) -> str:
    """Return the evaluations as JSON text, numbers unrounded."""
    return json.dumps([_to_dict(e) for e in evaluations], indent=1, allow_nan=False)


def _scores(rows: pd.DataFrame, target: str, level: float) -> Scores:
    known = labelled(rows, target)
    labels, probabilities = labels_and_probabilities(known, target)
    metrics, undefined = _metrics(labels, probabilities, level)
    positives = int(labels.sum())
    return Scores(
        n=len(known),
        positives=positives,
        negatives=len(known) - positives,
        missing=len(rows) - len(known),
        patients=int(known["patient_id"].nunique()),
        undefined=undefined,
        **metrics,
    )


def _metrics(
    labels: np.ndarray, probabilities: np.ndarray, level: float
) -> tuple[dict[str, Interval | None], tuple[str, ...]]:
    values: dict[str, Interval | None] = {}
    undefined: list[str] = []
    for metric, compute in _COMPUTE.items():
        try:
            values[metric.value] = compute(labels, probabilities, level)
        except EvaluationError as e:
            values[metric.value] = None
            undefined.append(f"{metric.value}: {e.thing} {e.rule}")
    return values, tuple(undefined)


_COMPUTE: dict[Metric, Callable[[np.ndarray, np.ndarray, float], Interval]] = {
    Metric.AUC: auc_interval,
    Metric.SENSITIVITY: lambda y, p, level: sensitivity(confusion(y, p), level),
    Metric.SPECIFICITY: lambda y, p, level: specificity(confusion(y, p), level),
    Metric.F1: lambda y, p, level: f1(confusion(y, p), level),
    Metric.BRIER: brier,
}


def _to_dict(evaluation: Evaluation) -> dict[str, Any]:
    slices = [{"by": s.by, "value": s.value, "scores": _scores_to_dict(s.scores)} for s in evaluation.slices]
    return {**vars(evaluation), "scores": _scores_to_dict(evaluation.scores), "slices": slices}


def _scores_to_dict(scores: Scores) -> dict[str, Any]:
    metrics = {m.value: interval and interval.to_dict() for m in Metric for interval in [scores.metric(m)]}
    return {**vars(scores), **metrics, "undefined": list(scores.undefined)}

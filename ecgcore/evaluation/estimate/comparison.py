"""Candidate against champion, for one target on one test set, on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.paired import paired_difference, paired_p_value
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.frame.predictions import (
    check_predictions,
    labelled,
    labels_and_probabilities,
    rows_of,
    rows_sha256,
    target_names,
)


@dataclass(frozen=True)
class Comparison:
    """The paired AUC difference, candidate minus champion.

    Args:
        target, test_set: what was compared.
        n, positives, negatives: labelled studies, the same for both models.
        candidate, champion: their AUCs.
        difference: candidate minus champion with DeLong's paired interval.
        p_value: of no difference, two-sided, not corrected for other tests.
        rows_sha256: hash of the studies and labels used, as in ``Evaluation``.
    """

    target: str
    test_set: str
    n: int
    positives: int
    negatives: int
    candidate: float
    champion: float
    difference: Interval
    p_value: float
    rows_sha256: str


def compare(
    candidate: pd.DataFrame, champion: pd.DataFrame, target: str, test_set: str, level: float = DEFAULT_LEVEL
) -> Comparison:
    """Compare two predictions frames on one target and test set.

    Raises:
        EvaluationError: a frame is wrong, the studies or labels of the two differ, or the AUC is not defined for them.
    """
    new, old = _rows(candidate, target, test_set), _rows(champion, target, test_set)
    digest = rows_sha256(new, target)
    if digest != rows_sha256(old, target):
        raise EvaluationError(
            f"{target} on {test_set}",
            f"candidate ({len(new)} studies) and champion ({len(old)}) were not scored on the same rows and labels",
            "score both exported directories on the same snapshot",
        )
    labels, new_scores = labels_and_probabilities(new, target)
    result = paired_difference(labels, new_scores, labels_and_probabilities(old, target)[1], level)
    positives = int(labels.sum())
    return Comparison(
        target=target,
        test_set=test_set,
        n=labels.size,
        positives=positives,
        negatives=labels.size - positives,
        candidate=result.candidate,
        champion=result.champion,
        difference=result.difference,
        p_value=paired_p_value(result),
        rows_sha256=digest,
    )


def compare_all(
    candidate: pd.DataFrame, champion: pd.DataFrame, level: float = DEFAULT_LEVEL
) -> tuple[Comparison, ...]:
    """Compare every target and test set of the candidate's frame in which both classes are present.

    What is left out, for want of a class, is missing to the gates, and they fail closed.

    Raises:
        EvaluationError: as :func:`compare`.
    """
    check_predictions(candidate)
    pairs = [(t, s) for s in sorted(candidate["test_set"].unique()) for t in target_names(candidate)]
    decidable = (p for p in pairs if labels_and_probabilities(_rows(candidate, *p), p[0])[0].std() > 0)
    return tuple(compare(candidate, champion, t, s, level) for t, s in decidable)


def _rows(frame: pd.DataFrame, target: str, test_set: str) -> pd.DataFrame:
    check_predictions(frame)
    return labelled(rows_of(frame, target, test_set), target)

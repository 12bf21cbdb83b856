"""F1 of the positive class at the operating point, with an exact interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT, Confusion
from ecgcore.evaluation.estimate.clustered_share import share_interval
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.proportion import clopper_pearson
from ecgcore.evaluation.frame.cases import check_labels, check_scores


def f1(table: Confusion, level: float = DEFAULT_LEVEL) -> Interval:
    """Return F1 = 2 TP / (2 TP + FP + FN) of the positive class, with its interval.

    With J = TP / (TP + FP + FN), F1 = 2 J / (1 + J), which rises with J. Studies drawn independently make the four
    cells of the table multinomial, so given TP + FP + FN the count TP is binomial: the Clopper-Pearson interval of
    J, carried through the same formula, is exact for F1 given that total. It needs no resampling and stays valid at
    0 and 1.

    Raises:
        EvaluationError: there is no positive, neither true nor predicted, so F1 is not defined.
    """
    total = table.true_positive + table.false_positive + table.false_negative
    _check_any(total)
    return _carried(clopper_pearson(table.true_positive, total, level))


def patient_f1(
    labels: ArrayLike, probabilities: ArrayLike, patients: ArrayLike | None, level: float = DEFAULT_LEVEL
) -> Interval:
    """Return F1 at the operating point; its interval takes patients, not studies, as independent.

    J is a share of the studies that are positive, true or predicted, and so has the interval of ``clustered_share``.

    Args:
        labels: 0 or 1, shape (n,).
        probabilities: of the positive class, shape (n,).
        patients: anything that tells patients apart, shape (n,); None where every study is of another patient.
        level: confidence level.

    Raises:
        EvaluationError: as :func:`f1`, NaN, or a label other than 0 and 1.
    """
    positive = check_labels(labels)
    called = check_scores(probabilities, positive.size) > OPERATING_POINT
    either = called | positive
    _check_any(int(either.sum()))
    names = None if patients is None else np.asarray(patients)[either]
    return _carried(share_interval((called & positive)[either], names, level))


def _check_any(total: int) -> None:
    if total == 0:
        raise EvaluationError(
            "F1", "is not defined without any positive, true or predicted", "use a test set with positives"
        )


def _carried(overlap: Interval) -> Interval:
    value, low, high = (_from_overlap(x) for x in (overlap.value, overlap.low, overlap.high))
    return Interval(value, low, high, overlap.level, f"{overlap.method} of TP / (TP + FP + FN)")


def _from_overlap(overlap: float) -> float:
    return 2 * overlap / (1 + overlap)

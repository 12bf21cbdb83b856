"""F1 of the positive class at the operating point, with an exact interval."""

from __future__ import annotations

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import Confusion
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.proportion import CLOPPER_PEARSON, clopper_pearson


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
    if total == 0:
        raise EvaluationError(
            "F1", "is not defined without any positive, true or predicted", "use a test set with positives"
        )
    overlap = clopper_pearson(table.true_positive, total, level)
    value, low, high = (_from_overlap(x) for x in (overlap.value, overlap.low, overlap.high))
    return Interval(value, low, high, level, f"{CLOPPER_PEARSON} of TP / (TP + FP + FN)")


def _from_overlap(overlap: float) -> float:
    return 2 * overlap / (1 + overlap)

"""The table of slices: what a model reaches in parts of a test set, and whether the part can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT, confusion, sensitivity, specificity
from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.frame.part import Part, parts, scar_parts
from ecgcore.evaluation.frame.predictions import check_predictions, labelled, labels_and_probabilities, rows_of


@dataclass(frozen=True)
class Minimum:
    """So many positives and negatives a part must hold for its AUC interval to be trusted."""

    positives: int
    negatives: int


ENOUGH = Minimum(100, 100)
"""From here on DeLong's interval on the logit scale covers at least 93 % (``evaluation.simulation.coverage``)."""


def slice_table(
    predictions: pd.DataFrame,
    target: str,
    test_set: str,
    minimum: Minimum = ENOUGH,
    threshold: float = OPERATING_POINT,
    level: float = DEFAULT_LEVEL,
) -> pd.DataFrame:
    """Return one row for the whole test set, then one per part of it.

    Columns: ``by``, ``value``; ``n``, ``patients``, ``positives``, ``negatives`` and ``missing`` (label unknown);
    ``auc``, ``sensitivity``, ``specificity``, each with ``_low`` and ``_high`` (DeLong on the logit scale;
    Clopper-Pearson), NaN where the part does not define them; ``enough``, whether the part holds the minimum; and
    ``note``, which says what is lacking, or is empty. No estimate stands without its interval, and one whose part is
    not enough must be shown with its note.

    Args:
        predictions: frame as in docs/architecture/evaluation.md.
        target, test_set: what to slice.
        minimum: of cases for ``enough``, for example those of the policy.
        threshold: the operating point.
        level: confidence level.

    Raises:
        EvaluationError: the frame is wrong, or lacks the target or test set.
    """
    check_predictions(predictions)
    rows = rows_of(predictions, target, test_set)
    lines = [_line(part, target, minimum, threshold, level) for part in _all_parts(rows, target)]
    return pd.DataFrame(lines)


def _all_parts(rows: pd.DataFrame, target: str) -> Iterator[Part]:
    yield Part("all", "all", rows)
    yield from parts(rows)
    yield from scar_parts(rows, target)


def _line(part: Part, target: str, minimum: Minimum, threshold: float, level: float) -> dict[str, Any]:
    known = labelled(part.rows, target)
    labels, probabilities = labels_and_probabilities(known, target)
    positives = int(labels.sum())
    negatives = len(known) - positives
    table = confusion(labels, probabilities, threshold) if len(known) else None
    return {
        "by": part.by,
        "value": part.value,
        "n": len(known),
        "patients": int(known["patient_id"].nunique()),
        "positives": positives,
        "negatives": negatives,
        "missing": len(part.rows) - len(known),
        **_ends("auc", auc_interval(labels, probabilities, level) if positives and negatives else None),
        **_ends("sensitivity", sensitivity(table, level) if table and positives else None),
        **_ends("specificity", specificity(table, level) if table and negatives else None),
        "enough": positives >= minimum.positives and negatives >= minimum.negatives,
        "note": _note(positives, negatives, minimum),
    }


def _note(positives: int, negatives: int, minimum: Minimum) -> str:
    lacking = [
        f"{found} {name} of {wanted}"
        for name, found, wanted in (
            ("positives", positives, minimum.positives),
            ("negatives", negatives, minimum.negatives),
        )
        if found < wanted
    ]
    return f"too few to tell: {', '.join(lacking)}" if lacking else ""


def _ends(name: str, found: Interval | None) -> dict[str, float]:
    nan = float("nan")
    values = (found.value, found.low, found.high) if found else (nan, nan, nan)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))

"""The results table: every recipe on every target and test set, each number with its interval and its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ecgcore.evaluation.benchmark.contender import Contender, places_of
from ecgcore.evaluation.estimate.answers.confusion import confusion, sensitivity, specificity
from ecgcore.evaluation.estimate.answers.f1_kinds import F1Kind, f1_score
from ecgcore.evaluation.estimate.answers.fixed_sensitivity import specificity_at_sensitivity
from ecgcore.evaluation.estimate.calibration.brier import brier
from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.discrimination.bootstrap_auc import bootstrap_auc_interval
from ecgcore.evaluation.estimate.discrimination.precision import average_precision
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.resampling import DEFAULT_RESAMPLING, Resampling
from ecgcore.evaluation.frame.completeness import RowSet, row_sets
from ecgcore.evaluation.frame.predictions import labelled, labels_and_probabilities
from ecgcore.evaluation.frame.sample import sample_from_rows
from ecgcore.evaluation.study.published import auc_interval_as_published


def results_table(
    contenders: Sequence[Contender], level: float = DEFAULT_LEVEL, resampling: Resampling = DEFAULT_RESAMPLING
) -> pd.DataFrame:
    """Return one row per recipe, target, test set, set of rows and metric.

    Columns: ``recipe, target, test_set, rows, n, positives, metric, value, low, high, method``. ``rows`` is
    ``complete`` where no clinical feature of the model was imputed, ``imputed`` where one was, ``mixed`` for both
    together. A metric that is not defined for a group is left out. Where resampling repeats a value, as it does where a
    threshold separates the classes, ``method`` says so, and the interval is a bound or the whole range.

    Args:
        contenders: the recipes.
        level: of the intervals.
        resampling: draws and seed of the bootstrap.
    """
    lines = [line for each in contenders for line in _lines(each, level, resampling)]
    return pd.DataFrame(lines)


def _lines(contender: Contender, level: float, resampling: Resampling) -> Iterator[dict[str, Any]]:
    for target, test_set in places_of(contender):
        frame = contender.predictions[contender.predictions["test_set"] == test_set]
        for part, rows in _row_sets(frame).items():
            known = labelled(rows, target)
            if known[f"{target}_label"].nunique() < 2:
                continue
            place = {
                "recipe": contender.name, "target": target, "test_set": test_set, "rows": part.value,
                "n": len(known), "positives": int(known[f"{target}_label"].sum()),
            }  # fmt: skip
            for metric, found in _metrics(known, target, level, resampling):
                ends = {"value": found.value, "low": found.low, "high": found.high, "method": found.method}
                yield {**place, "metric": metric, **ends}


def _row_sets(frame: pd.DataFrame) -> dict[RowSet, pd.DataFrame]:
    return row_sets(frame) if "imputed" in frame.columns else {RowSet.COMPLETE: frame}


def _metrics(rows: pd.DataFrame, target: str, level: float, resampling: Resampling) -> Iterator[tuple[str, Interval]]:
    labels, probabilities = labels_and_probabilities(rows, target)
    sample, table = sample_from_rows(rows, target), confusion(labels, probabilities)
    area = auc_interval(labels, probabilities, level)
    yield "AUC", area
    yield "AUC, patients resampled", bootstrap_auc_interval(sample, level, resampling)
    yield "AUC, interval as the study printed it", auc_interval_as_published(area.value, len(labels), level)
    yield "average precision", average_precision(sample, level, resampling).precision
    yield "sensitivity at the operating point", sensitivity(table, level)
    yield "specificity at the operating point", specificity(table, level)
    for kind in F1Kind:
        yield kind.caption, f1_score(sample, kind, level=level, resampling=resampling).value
    for each in specificity_at_sensitivity(sample, level=level, resampling=resampling):
        yield f"specificity at {100 * each.wanted:.0f} % sensitivity", each.specificity
    yield "Brier score", brier(labels, probabilities, level)

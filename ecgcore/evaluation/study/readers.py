"""Cardiologists scored beside a model, on the same studies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgcore.counted import counted
from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import OPERATING_POINT, confusion, sensitivity, specificity
from ecgcore.evaluation.estimate.answers.f1_kinds import F1Kind, f1_score
from ecgcore.evaluation.estimate.answers.mcnemar import McNemar, mcnemar
from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.discrimination.paired import paired_difference, paired_p_value
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL, Interval
from ecgcore.evaluation.estimate.resampling import DEFAULT_RESAMPLING, Resampling
from ecgcore.evaluation.frame.predictions import LABEL_SUFFIX, PROBABILITY_SUFFIX, check_predictions, labelled, rows_of
from ecgcore.evaluation.frame.sample import Sample, make_sample, sample_from_rows


@dataclass(frozen=True)
class BinaryScores:
    """What yes-or-no answers reach.

    Args:
        sensitivity, specificity: with Clopper-Pearson intervals.
        f1_positive, f1_weighted: of the answers as they are; there is no threshold to choose.
        balanced_accuracy: mean of sensitivity and specificity, which is the AUC of a binary answer, with DeLong's
            interval.
    """

    sensitivity: Interval
    specificity: Interval
    f1_positive: Interval
    f1_weighted: Interval
    balanced_accuracy: Interval


@dataclass(frozen=True)
class ReaderComparison:
    """A model against one reader on the studies of a test set that the reader answered.

    Args:
        reader, experience: who read.
        n, positives: studies answered, and positive ones among them.
        unread: labelled studies of the test set that the reader did not answer; they are left out for both.
        reader_scores: of the reader.
        model_scores: of the model's answers at its operating point.
        auc: of the model's probabilities on these studies.
        auc_difference: the model's AUC less the reader's balanced accuracy, DeLong, paired.
        auc_p_value: of no such difference.
        accuracy, sensitivity, specificity: the model's answers (first) against the reader's (second): on all studies,
            on the positives, on the negatives.
    """

    reader: str
    experience: str
    n: int
    positives: int
    unread: int
    reader_scores: BinaryScores
    model_scores: BinaryScores
    auc: Interval
    auc_difference: Interval
    auc_p_value: float
    accuracy: McNemar
    sensitivity: McNemar
    specificity: McNemar


@dataclass(frozen=True)
class LeftOut:
    """Reads that a model cannot be compared with.

    Args:
        target, test_set: of what.
        reader: whose; empty where nobody read the test set for this target.
        reason: why.
    """

    target: str
    test_set: str
    reader: str
    reason: str


def check_reads(reads: pd.DataFrame, studies: pd.DataFrame, places: Iterable[tuple[str, str]]) -> tuple[LeftOut, ...]:
    """Check that a model can be compared with a reader somewhere, and return where and with whom it cannot.

    It needs no probability, so it can be asked before any model is trained.

    Args:
        reads: frame of ``reads.load_reads``.
        studies: columns ``study_id``, ``test_set`` and ``<target>_label``, as a predictions frame has them.
        places: pairs of target and test set that hold both classes.

    Raises:
        EvaluationError: a study that was read is not among ``studies``, or no reader answered studies of both classes
            in any place.
    """
    _check_known(reads, studies)
    split = [_split(reads, studies[studies["test_set"] == test_set], target, test_set) for target, test_set in places]
    left_out = tuple(each for _, lacking in split for each in lacking)
    if not any(answers for answers, _ in split):
        rule = "hold no reader's answers on studies of both classes of a target and test set"
        raise EvaluationError("reads", rule, "give the reads of the locked test sets")
    return left_out


def compare_readers(
    reads: pd.DataFrame,
    predictions: pd.DataFrame,
    target: str,
    test_set: str,
    threshold: float = OPERATING_POINT,
    level: float = DEFAULT_LEVEL,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> tuple[ReaderComparison, ...]:
    """Compare a model with every reader who answered studies of both classes, in order of the readers' names.

    Nobody may have: then there is none. :func:`check_reads` says who is left out, and why.

    Args:
        reads: frame of ``reads.load_reads``.
        predictions: frame as in docs/architecture/evaluation.md; it must hold every study that was read.
        target, test_set: what to compare.
        threshold: the model's operating point.
        level: of all intervals.
        resampling: draws and seed of the weighted F1's intervals.

    Raises:
        EvaluationError: a study that was read is not in the predictions.
    """
    check_predictions(predictions)
    _check_known(reads, predictions)
    rows = rows_of(predictions, target, test_set)
    answers, _ = _split(reads, rows, target, test_set)
    count = len(labelled(rows, target))
    return tuple(
        _compare(name, joined, count, target, threshold, level, resampling) for name, joined in answers.items()
    )


def _check_known(reads: pd.DataFrame, studies: pd.DataFrame) -> None:
    strangers = reads["study_id"][~reads["study_id"].isin(studies["study_id"])].unique()
    if strangers.size:
        rule = f"name {counted(strangers.size, 'study')} that no locked test set holds, first {strangers[0]}"
        raise EvaluationError("reads", rule, "check the study_id column, or take those lines out")


def _split(
    reads: pd.DataFrame, rows: pd.DataFrame, target: str, test_set: str
) -> tuple[dict[str, pd.DataFrame], list[LeftOut]]:
    """Return each reader's answers on the labelled rows of a test set, and the readers without both classes."""
    known, found = labelled(rows, target), {}
    given = reads[reads[target].notna()] if target in reads.columns else reads.iloc[:0]
    for reader, lines in given.groupby("reader", sort=True):
        answers = lines.rename(columns={target: "answer"})[["study_id", "experience", "answer"]]
        joined = known.merge(answers, on="study_id")
        if not joined.empty:
            found[str(reader)] = joined
    lacking = [name for name, joined in found.items() if joined[target + LABEL_SUFFIX].nunique() < 2]
    left_out = [
        LeftOut(target, test_set, name, f"the {len(found.pop(name))} studies answered are all of one class")
        for name in lacking
    ]
    return found, left_out if found or left_out else [LeftOut(target, test_set, "", "nobody read it")]


def _compare(
    reader: str,
    rows: pd.DataFrame,
    labelled_rows: int,
    target: str,
    threshold: float,
    level: float,
    resampling: Resampling,
) -> ReaderComparison:
    model = sample_from_rows(rows, target)
    answers = rows["answer"].to_numpy(dtype=np.float64)
    called = (rows[target + PROBABILITY_SUFFIX].to_numpy() > threshold).astype(np.float64)
    right, reader_right = (given == model.labels for given in (called, answers))
    paired = paired_difference(model.labels, model.probabilities, answers, level)
    return ReaderComparison(
        reader=reader,
        experience=str(rows["experience"].iloc[0]),
        n=model.n,
        positives=model.positives,
        unread=labelled_rows - model.n,
        reader_scores=binary_scores(make_sample(model.labels, answers, model.patients), level, resampling),
        model_scores=binary_scores(make_sample(model.labels, called, model.patients), level, resampling),
        auc=auc_interval(model.labels, model.probabilities, level),
        auc_difference=paired.difference,
        auc_p_value=paired_p_value(paired),
        accuracy=mcnemar(right, reader_right, level),
        sensitivity=mcnemar(right[model.labels], reader_right[model.labels], level),
        specificity=mcnemar(right[~model.labels], reader_right[~model.labels], level),
    )


def binary_scores(
    answers: Sample, level: float = DEFAULT_LEVEL, resampling: Resampling = DEFAULT_RESAMPLING
) -> BinaryScores:
    """Return the scores of answers, a sample whose probabilities are 0 or 1."""
    table = confusion(answers.labels, answers.probabilities)
    return BinaryScores(
        sensitivity=sensitivity(table, level),
        specificity=specificity(table, level),
        f1_positive=f1_score(answers, F1Kind.POSITIVE, level=level, resampling=resampling).value,
        f1_weighted=f1_score(answers, F1Kind.WEIGHTED, level=level, resampling=resampling).value,
        balanced_accuracy=auc_interval(answers.labels, answers.probabilities, level),
    )

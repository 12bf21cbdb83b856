"""The predictions frame: what evaluation reads, checked before anything is computed from it."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from ecgcore.errors import EvaluationError

KEY_COLUMNS = ("study_id", "patient_id", "ecg_format", "test_set")
LABEL_SUFFIX = "_label"
PROBABILITY_SUFFIX = "_probability"
_THING = "predictions"


def target_names(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the targets of a predictions frame, in the order of its ``<target>_probability`` columns."""
    return tuple(c.removesuffix(PROBABILITY_SUFFIX) for c in frame.columns if c.endswith(PROBABILITY_SUFFIX))


def check_predictions(frame: pd.DataFrame) -> None:
    """Check a predictions frame (its shape is in docs/architecture/evaluation.md).

    Raises:
        EvaluationError: a column is missing, a key or probability is null, a study occurs twice, a probability lies
            outside [0, 1], a label is neither 0, 1 nor null, or there is no row or no target.
    """
    _check_columns(frame)
    _check_keys(frame)
    for target in target_names(frame):
        _check_probability(frame[target + PROBABILITY_SUFFIX])
        _check_label(frame[target + LABEL_SUFFIX])


def rows_of(frame: pd.DataFrame, target: str, test_set: str) -> pd.DataFrame:
    """Return the rows of one test set, labelled for the target or not, sorted by study.

    Raises:
        EvaluationError: the target or the test set is not in the frame.
    """
    if target not in target_names(frame):
        raise EvaluationError(
            _THING, f"hold no target {target!r}, only {target_names(frame)}", "check the recipe's targets"
        )
    rows = frame[frame["test_set"] == test_set]
    if rows.empty:
        raise EvaluationError(
            _THING, f"hold no study of the test set {test_set!r}", "run `ecg testset list`, then predict that set"
        )
    return rows.sort_values("study_id", ignore_index=True)


def labelled(rows: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the rows whose label of ``target`` is known. A missing label is missing, not negative."""
    return rows[rows[target + LABEL_SUFFIX].notna()]


def labels_and_probabilities(rows: pd.DataFrame, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels (0.0 or 1.0) and probabilities of labelled rows, float64 of shape (n,) each."""
    labels = rows[target + LABEL_SUFFIX].to_numpy(dtype=np.float64)
    return labels, rows[target + PROBABILITY_SUFFIX].to_numpy(dtype=np.float64)


def rows_sha256(rows: pd.DataFrame, target: str) -> str:
    """Return the hash of the sorted (study, label) pairs: equal where two evaluations used the same rows and labels."""
    known = labelled(rows, target).sort_values("study_id")
    pairs = zip(known["study_id"], known[target + LABEL_SUFFIX], strict=True)
    text = "\n".join(f"{study}:{int(label)}" for study, label in pairs)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_columns(frame: pd.DataFrame) -> None:
    if not target_names(frame):
        raise EvaluationError(_THING, "hold no <target>_probability column", "write one per target of the model")
    needed = [*KEY_COLUMNS, *(t + LABEL_SUFFIX for t in target_names(frame))]
    missing = [c for c in needed if c not in frame.columns]
    if missing:
        raise EvaluationError(
            _THING, f"lack the columns {missing}", "write the frame as docs/architecture/evaluation.md says"
        )
    if frame.empty:
        raise EvaluationError(_THING, "hold no row", "check that the snapshot holds test studies")


def _check_keys(frame: pd.DataFrame) -> None:
    for column in KEY_COLUMNS:
        nulls = int(frame[column].isna().sum())
        if nulls:
            raise EvaluationError(_THING, f"have {nulls} rows without {column}", "predict locked test studies only")
    twice = frame["study_id"][frame["study_id"].duplicated()]
    if not twice.empty:
        raise EvaluationError(
            _THING, f"hold {twice.nunique()} studies twice, first {twice.iloc[0]}", "predict each study once"
        )


def _check_probability(column: pd.Series) -> None:
    if not is_numeric_dtype(column):
        raise EvaluationError(_THING, f"{column.name} is not numeric", "write unrounded float64")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = int(np.sum(~((values >= 0) & (values <= 1))))
    if wrong:
        raise EvaluationError(
            _THING, f"{column.name} has {wrong} values that are NaN or outside [0, 1]", "check the model's output"
        )


def _check_label(column: pd.Series) -> None:
    known = column.dropna()
    if not is_numeric_dtype(known) or not known.isin([0, 1]).all():
        raise EvaluationError(_THING, f"{column.name} holds values other than 0, 1 and null", "check the label rule")

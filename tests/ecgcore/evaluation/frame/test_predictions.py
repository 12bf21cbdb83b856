"""What the predictions frame may hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.frame.predictions import check_predictions, rows_sha256, target_names


@pytest.fixture
def frame(make_frame):
    return make_frame([0, 1, None, 1], [0.1, 0.9, 0.4, 0.6])


def test_a_right_frame_passes_with_missing_labels(frame):
    check_predictions(frame)
    assert target_names(frame) == ("scar",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="scar_label"), "lack the columns"),
        (lambda f: f.drop(columns="patient_id"), "lack the columns"),
        (lambda f: f.drop(columns="scar_probability"), "no <target>_probability"),
        (lambda f: f.iloc[:0], "no row"),
        (lambda f: pd.concat([f, f.iloc[[0]]]), "studies twice"),
        (lambda f: f.assign(scar_probability=[0.1, 0.2, 0.3, np.nan]), "NaN or outside"),
        (lambda f: f.assign(scar_probability=[0.1, 0.2, 0.3, 1.0000001]), "NaN or outside"),
        (lambda f: f.assign(scar_probability=[-0.1, 0.2, 0.3, 1]), "NaN or outside"),
        (lambda f: f.assign(scar_probability=["a", "b", "c", "d"]), "not numeric"),
        (lambda f: f.assign(scar_label=[0, 1, 2, 0]), "other than 0, 1 and null"),
        (lambda f: f.assign(scar_label=["0", "1", "0", "1"]), "other than 0, 1 and null"),
        (lambda f: f.assign(study_id=["a", None, "b", "c"]), "without study_id"),
        (lambda f: f.assign(test_set=[None, "new", "new", "new"]), "without test_set"),
    ],
)
def test_a_wrong_frame_is_refused(frame, change, message):
    with pytest.raises(EvaluationError, match=message):
        check_predictions(change(frame))


def test_rows_hash_knows_studies_and_labels_not_order(frame):
    assert rows_sha256(frame, "scar") == rows_sha256(frame.iloc[::-1], "scar")
    flipped = frame.assign(scar_label=pd.array([1, 1, None, 1], dtype="Int8"))
    assert rows_sha256(frame, "scar") != rows_sha256(flipped, "scar")


def test_it_survives_parquet(frame, tmp_path):
    frame.to_parquet(tmp_path / "p.parquet")
    again = pd.read_parquet(tmp_path / "p.parquet")
    check_predictions(again)
    assert rows_sha256(again, "scar") == rows_sha256(frame, "scar")

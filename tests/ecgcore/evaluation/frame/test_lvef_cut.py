"""LVEF below 40 with the model for below 50."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.evaluation import evaluate
from ecgcore.evaluation.frame.lvef_cut import with_lvef_below


@pytest.fixture
def frame(make_frame):
    percent = pd.array([25.0, 39.9, 40.0, 49.0, 50.0, 65.0, None], dtype="Float64")
    labels = [1, 1, 1, 1, 0, 0, None]
    return make_frame(labels, [0.9, 0.6, 0.7, 0.4, 0.2, 0.1, 0.5], target="lvef", lvef_percent=percent)


def test_the_cut_is_strict_and_a_missing_fraction_is_a_missing_label(frame):
    labels = with_lvef_below(frame)["lvef_below_40_label"]
    assert labels.tolist() == [1, 1, 0, 0, 0, 0, pd.NA]


def test_it_is_scored_with_the_models_own_probabilities(frame):
    found = evaluate(with_lvef_below(frame), "lvef_below_40", "new").scores
    expected = roc_auc_score([1, 1, 0, 0, 0, 0], frame["lvef_probability"][:6])
    assert (found.n, found.positives, found.missing) == (6, 2, 1)
    assert found.auc.value == pytest.approx(expected)


def test_at_the_models_own_cut_the_labels_come_back(frame):
    made = with_lvef_below(frame, 50.0)
    assert made["lvef_below_50_label"].equals(frame["lvef_label"].astype("Int8"))


def test_what_cannot_be_cut_is_refused(frame):
    with pytest.raises(EvaluationError, match="no target 'scar'"):
        with_lvef_below(frame, source="scar")
    with pytest.raises(EvaluationError, match="lack lvef_percent"):
        with_lvef_below(frame.drop(columns="lvef_percent"))
    with pytest.raises(EvaluationError, match="between 0 and 100"):
        with_lvef_below(frame, 0.4 * 0)
    with pytest.raises(EvaluationError, match="outside 0 to 100"):
        with_lvef_below(frame.assign(lvef_percent=np.array([25.0] * 6 + [390.0])))

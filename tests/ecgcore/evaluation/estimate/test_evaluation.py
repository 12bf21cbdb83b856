"""One target on one test set: counts, metrics, slices, and its JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.evaluation import Metric, evaluate, evaluate_all, to_json


def test_counts_and_rates_by_hand(make_frame):
    labels = [1, 1, 1, 0, 0, 0, 0, None]
    probabilities = [0.9, 0.8, 0.2, 0.1, 0.2, 0.5, 0.7, 0.99]
    scores = evaluate(make_frame(labels, probabilities), "scar", "new").scores
    assert (scores.n, scores.positives, scores.negatives, scores.missing, scores.patients) == (7, 3, 4, 1, 7)
    assert scores.sensitivity.value == pytest.approx(2 / 3)
    assert scores.specificity.value == pytest.approx(3 / 4)  # 0.5 itself is negative
    assert scores.f1.value == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert scores.auc.value == pytest.approx((4 + 4 + 1.5) / 12)
    squares = [0.01, 0.04, 0.64, 0.01, 0.04, 0.25, 0.49]
    assert scores.brier.value == pytest.approx(sum(squares) / 7)
    assert scores.undefined == ()


def test_only_the_named_test_set_counts(binormal_frame):
    frame = pd.concat([binormal_frame(30, 70, 1.5, 1), binormal_frame(20, 50, 0.5, 2, test_set="old")])
    found = {e.test_set: e for e in evaluate_all(frame)}
    assert list(found) == ["new", "old"]
    old = frame[frame.test_set == "old"]
    expected = auc_interval(old["scar_label"].astype(int), old["scar_probability"])
    assert found["old"].scores.auc == expected


def test_a_set_without_positives_says_what_is_not_defined(make_frame):
    scores = evaluate(make_frame([0, 0, 0], [0.1, 0.2, 0.6]), "scar", "new").scores
    assert scores.auc is None
    assert scores.sensitivity is None
    assert scores.specificity.value == pytest.approx(2 / 3)
    assert [u.split(":")[0] for u in scores.undefined] == ["auc", "sensitivity"]


def test_a_set_without_any_label_defines_nothing(make_frame):
    scores = evaluate(make_frame([None, None], [0.1, 0.2]), "scar", "new").scores
    assert (scores.n, scores.missing) == (0, 2)
    assert all(scores.metric(m) is None for m in Metric)
    assert len(scores.undefined) == len(Metric)


def test_slices_part_the_set(make_frame):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 60)
    frame = make_frame(labels, rng.random(60), female=[0, 1, None] * 20, age=[17.0, 49.9, 50, 64, 80, None] * 10)
    slices = evaluate(frame, "scar", "new").slices
    assert {(s.by, s.value): s.scores.n for s in slices} == {
        ("format", "new"): 60,
        ("sex", "female"): 20,
        ("sex", "male"): 20,
        ("sex", "unknown"): 20,
        ("age", "18 to 49"): 10,
        ("age", "50 to 64"): 20,
        ("age", "80 and over"): 10,
        ("age", "unknown"): 20,
    }


@pytest.mark.parametrize(
    ("target", "test_set", "message"), [("lvef", "new", "no target"), ("scar", "none", "no study")]
)
def test_what_is_not_there_is_refused(make_frame, target, test_set, message):
    with pytest.raises(EvaluationError, match=message):
        evaluate(make_frame([0, 1], [0.1, 0.9]), target, test_set)


def test_json_keeps_every_number(binormal_frame, make_frame):
    frame = pd.concat([binormal_frame(30, 70, 1.5, 1), make_frame([0, 0], [0.1, 0.2], test_set="old")])
    evaluations = evaluate_all(frame)
    new, old = json.loads(to_json(evaluations))
    scores = evaluations[0].scores
    assert new["scores"]["auc"] == {**vars(scores.auc)} and new["scores"]["n"] == 100
    assert [part["value"] for part in new["slices"]] == [part.value for part in evaluations[0].slices]
    assert old["scores"]["auc"] is None and any("both classes" in reason for reason in old["scores"]["undefined"])

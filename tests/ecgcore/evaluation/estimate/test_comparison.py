"""Candidate and champion on the same rows only."""

from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.comparison import compare, compare_all
from ecgcore.evaluation.estimate.evaluation import evaluate


@pytest.fixture
def models(binormal_frame):
    return binormal_frame(40, 90, 1.5, 1), binormal_frame(40, 90, 1.5, 1, noise=0.5)


def test_rows_in_another_order_give_the_same_difference(models):
    candidate, champion = models
    assert compare(candidate, champion, "scar", "new") == compare(candidate, champion.iloc[::-1], "scar", "new")


def test_counts_and_areas(models):
    result = compare(*models, "scar", "new")
    assert (result.n, result.positives, result.negatives) == (130, 40, 90)
    assert result.candidate == pytest.approx(evaluate(models[0], "scar", "new").scores.auc.value)
    assert result.difference.value == pytest.approx(result.candidate - result.champion)
    assert result.rows_sha256 == evaluate(models[0], "scar", "new").rows_sha256


def test_other_rows_are_refused(models):
    with pytest.raises(EvaluationError, match="same rows"):
        compare(models[0], models[1].iloc[1:], "scar", "new")


def test_other_labels_are_refused(models):
    candidate, champion = models
    labels = champion["scar_label"].copy()
    labels.iloc[0] = 0
    with pytest.raises(EvaluationError, match="same rows"):
        compare(candidate, champion.assign(scar_label=labels), "scar", "new")


def test_all_leaves_out_what_is_not_defined(models, make_frame):
    one_class = make_frame([0, 0, None], [0.1, 0.2, 0.3], test_set="old")
    frames = [pd.concat([m, one_class]) for m in models]
    assert [c.test_set for c in compare_all(*frames)] == ["new"]

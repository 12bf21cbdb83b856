"""The threshold table against R's exact intervals, counts by hand, and the confusion table."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.answers.confusion import confusion
from ecgcore.evaluation.estimate.answers.threshold_table import threshold_table


def test_rates_and_ends_are_those_of_r(r_cases, from_r):
    table = threshold_table(r_cases.label, r_cases.sharp, (0.2, 0.5, 0.8)).set_index("threshold")
    for cut, row in table.iterrows():
        for rate in ("sensitivity", "specificity"):
            expected = [from_r[f"{rate} {cut}"], from_r[f"{rate} low {cut}"], from_r[f"{rate} high {cut}"]]
            assert [row[rate], row[f"{rate}_low"], row[f"{rate}_high"]] == pytest.approx(expected, abs=1e-9)
        assert row["false_positive_rate"] == pytest.approx(1 - from_r[f"specificity {cut}"])
        assert row["false_positive_rate_low"] == pytest.approx(1 - from_r[f"specificity high {cut}"], abs=1e-9)
        assert row["false_positive_rate_high"] == pytest.approx(1 - from_r[f"specificity low {cut}"], abs=1e-9)


def test_counts_are_those_of_the_confusion_table_at_every_threshold():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 100), rng.integers(0, 21, 100) / 20
    for row in threshold_table(labels, scores).itertuples():
        table = confusion(labels, scores, row.threshold)
        assert (row.true_positive, row.false_positive) == (table.true_positive, table.false_positive)
        assert (row.true_negative, row.false_negative) == (table.true_negative, table.false_negative)


def test_the_ends_of_the_range_are_certain_counts_with_uncertain_rates():
    table = threshold_table([1, 1, 0, 0], [0.2, 0.9, 0.1, 0.4])
    first, last = table.iloc[0], table.iloc[-1]
    assert (first.sensitivity, first.specificity) == (1, 0)
    assert (last.sensitivity, last.specificity) == (0, 1)
    assert first.sensitivity_low == pytest.approx(0.025**0.5)
    assert last.sensitivity_high == pytest.approx(1 - 0.025**0.5)


def test_one_class_is_refused():
    with pytest.raises(EvaluationError, match="both classes"):
        threshold_table([1, 1], [0.1, 0.2])

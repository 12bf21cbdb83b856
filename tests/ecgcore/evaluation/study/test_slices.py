"""The table of slices: numbers, intervals, and what says that they are too few."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.evaluation.estimate.discrimination.auc import auc_interval
from ecgcore.evaluation.estimate.proportion import clopper_pearson
from ecgcore.evaluation.study.slices import Minimum, slice_table


@pytest.fixture
def frame(binormal_frame):
    n = 300
    return binormal_frame(100, 200, 1.4, seed=3, female=np.arange(n) % 2, age=np.where(np.arange(n) < 290, 60, 30))


def test_every_estimate_has_its_interval_and_the_rows_are_counted(frame):
    table = slice_table(frame, "scar", "new").set_index(["by", "value"])
    women = frame[frame.female == 1]
    labels = women.scar_label.astype(int)
    expected = auc_interval(labels, women.scar_probability)
    row = table.loc[("sex", "female")]
    assert (row.n, row.positives, row.negatives, row.patients) == (150, 50, 100, 150)
    assert (row.auc, row.auc_low, row.auc_high) == (expected.value, expected.low, expected.high)
    hits = clopper_pearson(int((women.scar_probability[labels == 1] > 0.5).sum()), 50)
    assert (row.sensitivity, row.sensitivity_low, row.sensitivity_high) == (hits.value, hits.low, hits.high)


def test_too_few_are_marked_with_what_is_lacking(frame):
    table = slice_table(frame, "scar", "new").set_index(["by", "value"])
    assert table.loc[("all", "all"), "enough"]
    assert table.loc[("all", "all"), "note"] == ""
    assert not table.loc[("sex", "female"), "enough"]
    assert table.loc[("sex", "female"), "note"] == "too few to tell: 50 positives of 100"
    young = table.loc[("age", "18 to 49")]
    assert young.note == "too few to tell: 0 positives of 100, 10 negatives of 100"
    assert np.isnan([young.auc, young.auc_low, young.sensitivity]).all()
    assert young.specificity_low < young.specificity_high
    assert slice_table(frame, "scar", "new", Minimum(50, 100)).set_index("value").loc["female", "enough"]


def test_scar_types_share_the_studies_without_scar(frame):
    n = len(frame)
    kinds = frame.assign(
        subendocardial_scar=pd.array(np.arange(n) < 40, dtype="Int8"),
        transmural_scar=pd.array((np.arange(n) >= 40) & (np.arange(n) < 100), dtype="Int8"),
    )
    table = slice_table(kinds, "scar", "new").set_index("value")
    assert table.loc["subendocardial only", ["positives", "negatives"]].tolist() == [40, 200]
    assert table.loc["transmural only", ["positives", "negatives"]].tolist() == [60, 200]


def test_a_part_without_labels_has_none(frame):
    frame.loc[frame.female == 0, "scar_label"] = pd.NA
    row = slice_table(frame, "scar", "new").set_index("value").loc["male"]
    assert (row.n, row.missing) == (0, 150)
    assert np.isnan(row.specificity)

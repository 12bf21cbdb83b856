"""The report of a benchmark: the snapshot's own label rule, and what it says where there is no number."""

from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.evaluation.estimate.resampling import REPEATED
from ecgcore.pages.benchmark_page import BenchmarkPage, benchmark_document
from ecgcore.pages.markdown import render_markdown

RESULTS = ["recipe", "target", "test_set", "rows", "metric", "value", "low", "high", "method"]
READERS = {"target": "lvef", "test_set": "old", "reader": "A", "experience": "experienced", "n": 80, "p_value": 0.5}
SCORES = {"reads": 0.441, "reads_low": 0.387, "reads_high": 0.496, "model": 0.6, "model_low": 0.5, "model_high": 0.7}


def results(target):
    lines = [
        ("m", target, "old", "complete", "AUC", 0.9, 0.8, 0.95, "DeLong"),
        ("m", target, "old", "complete", "average precision", 1.0, 0.0, 1.0, REPEATED),
        ("m", target, "old", "complete", "Brier score", 0.1, 0.05, 0.2, "Student"),
    ]
    return pd.DataFrame(lines, columns=RESULTS)


@pytest.fixture
def text():
    calibration = [("lvef", "old", "slope (1 is right)", float("nan"), float("nan"), float("nan"), "has no estimate")]
    slices = pd.DataFrame(columns=["target", "test_set", "by", "value", "n", "positives", "enough"])
    page = BenchmarkPage(
        created="today", snapshot="s", commit="c" * 40, reference="m", recipes=(), looks={"old": 2},
        tables={
            "population": pd.DataFrame({"characteristic": ["ECGs"], "train": ["3"]}),
            "results": results("lvef"),
            "lvef_below_40": results("lvef_below_40"),
            "slices": slices,
            "calibration": pd.DataFrame(
                calibration, columns=["target", "test_set", "metric", "value", "low", "high", "note"]
            ),
            "readers": pd.DataFrame([{**READERS, "metric": "sensitivity", **SCORES}]),
            "readers_left_out": pd.DataFrame(
                [{"target": "scar", "test_set": "old", "reader": "", "reason": "nobody read it"}]
            ),
        },
        figures={}, words={"lvef": "LVEF at most 45 %"},
    )  # fmt: skip
    return render_markdown(benchmark_document(page))


def test_the_label_is_called_by_the_rule_of_the_snapshot(text):
    plain = text.replace("\\", "").replace("&lt;", "<")
    assert "The LVEF at most 45 % model asked for LVEF < 40 %" in plain
    assert (
        "LVEF at most 45 %, old" in plain and "LVEF < 40 %, old" in plain and "reduced means LVEF at most 45 %" in plain
    )
    assert "< 50" not in plain


def test_a_range_that_resampling_cannot_narrow_says_why(text):
    assert text.count("resampling repeats the value") == 1  # of the average precision alone


def test_readers_keep_their_name_beside_their_numbers_and_who_is_left_out_is_named(text):
    line = next(row for row in text.splitlines() if "experienced" in row)
    assert "| A |" in line and "0.441 (0.387 to 0.496)" in line
    assert "nobody read it" in text and "has no estimate" in text

"""False positives among people taken as normal."""

from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.study.controls import false_positives


def controls(probabilities):
    n = len(probabilities)
    ids = {"study_id": [f"S{i}" for i in range(n)], "patient_id": [f"P{i}" for i in range(n)]}
    return pd.DataFrame({**ids, "scar_probability": probabilities})


def test_the_rate_and_its_exact_interval():
    # 1 of 10: Clopper-Pearson .0025 to .4450 (Newcombe, Statistics in Medicine 1998, method 5 by the same formula).
    found = false_positives(controls([0.9, 0.5] + [0.1] * 8), "scar")
    assert (found.n, found.called, found.rate.value) == (10, 1, 0.1)
    assert (found.rate.low, found.rate.high) == pytest.approx((0.0025, 0.4450), abs=5e-5)


def test_none_among_a_hundred_is_bounded():
    assert false_positives(controls([0.1] * 100), "scar").rate.high == pytest.approx(1 - 0.025 ** (1 / 100))


def test_bad_frames_are_refused():
    frame = controls([0.1, 0.2])
    with pytest.raises(EvaluationError, match="lack the columns"):
        false_positives(frame, "lvef")
    with pytest.raises(EvaluationError, match="person twice"):
        false_positives(frame.assign(patient_id="P0"), "scar")
    with pytest.raises(EvaluationError, match="between 0 and 1"):
        false_positives(frame.assign(scar_probability=2.0), "scar")

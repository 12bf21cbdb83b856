"""Paired tests against pROC, corrected by R's Holm."""

from __future__ import annotations

import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.paired import paired_difference, paired_p_value
from ecgcore.evaluation.estimate.paired_tests import paired_tests

PLACES = [("scar", "new")]


@pytest.fixture
def frames(make_frame, r_cases):
    return {name: make_frame(r_cases.label, r_cases[name]) for name in ("sharp", "coarse", "weak")}


def test_p_values_are_those_of_proc_and_holm(frames, from_r):
    table = paired_tests(frames, "sharp", PLACES).set_index("model")
    assert table.index.tolist() == ["coarse", "weak"]
    for name, row in table.iterrows():
        assert row.p_value == pytest.approx(from_r[f"delong p sharp {name}"], rel=1e-9)
        assert row.p_holm == pytest.approx(from_r[f"holm p {name}"], rel=1e-9)
        assert row.auc == pytest.approx(from_r[f"auc {name}"])
        assert row.reference_auc == pytest.approx(from_r["auc sharp"])
        # pROC's z has the sign of the first curve less the second
        assert row.difference / ((row.difference_high - row.difference_low) / 2 / 1.959964) == pytest.approx(
            -from_r[f"delong z sharp {name}"], rel=1e-6
        )


def test_a_model_without_the_target_is_left_out_and_others_refused(frames, make_frame, r_cases):
    other = make_frame(r_cases.label, r_cases.weak, target="lvef")
    assert paired_tests({**frames, "lvef only": other}, "sharp", PLACES)["model"].tolist() == ["coarse", "weak"]
    with pytest.raises(EvaluationError, match="nothing to compare"):
        paired_tests({"sharp": frames["sharp"], "lvef only": other}, "sharp", PLACES)
    with pytest.raises(EvaluationError, match="'blunt' is not among"):
        paired_tests(frames, "blunt", PLACES)
    with pytest.raises(EvaluationError, match="same rows"):
        paired_tests({**frames, "fewer": frames["weak"][:-1]}, "sharp", PLACES)


def test_without_variance_the_p_value_stays_conservative():
    labels = [1] * 50 + [0] * 50
    assert paired_p_value(paired_difference(labels, [0.9] * 50 + [0.1] * 50, [0.8] * 50 + [0.2] * 50)) == 1.0
    certain = paired_difference(labels, labels, [0.0] * 100)  # difference .5, Hoeffding half width .384
    assert paired_p_value(certain) == pytest.approx(0.05)

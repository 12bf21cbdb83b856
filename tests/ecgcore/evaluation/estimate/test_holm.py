"""Holm's correction against R."""

from __future__ import annotations

import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.paired_tests import holm


def test_adjusted_values_are_those_of_r(from_r):
    found = holm([0.011, 0.04, 0.02, 0.013, 0.9])
    assert found == pytest.approx([from_r[f"holm five {i}"] for i in range(1, 6)], abs=1e-12)


def test_one_test_needs_no_correction():
    assert holm([0.03]).tolist() == [0.03]


@pytest.mark.parametrize("values", [[float("nan")], [1.2], [[0.1]]])
def test_what_is_no_p_value_is_refused(values):
    with pytest.raises(EvaluationError, match="numbers from 0 to 1"):
        holm(values)

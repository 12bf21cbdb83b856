"""What an interval refuses."""

from __future__ import annotations

import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.interval import Interval


@pytest.mark.parametrize("numbers", [(float("nan"), 0, 1), (0.5, float("nan"), 1), (0.5, 0, float("inf"))])
def test_not_a_number_is_refused(numbers):
    with pytest.raises(EvaluationError, match="not finite"):
        Interval(*numbers, 0.95, "test")


@pytest.mark.parametrize("numbers", [(0.5, 0.6, 0.7), (0.5, 0.3, 0.4), (0.5, 0.7, 0.3)])
def test_an_interval_that_does_not_enclose_its_estimate_is_refused(numbers):
    with pytest.raises(EvaluationError, match="enclose"):
        Interval(*numbers, 0.95, "test")


def test_its_fields_are_plain_values():
    fields = {"value": 0.8, "low": 0.7, "high": 0.9, "level": 0.95, "method": "test"}
    interval = Interval(**fields)
    assert interval.to_dict() == fields
    assert str(interval) == "0.800 (0.700 to 0.900)"

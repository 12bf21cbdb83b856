"""Reliability points and the expected calibration error."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.calibration.reliability import calibration


def test_two_known_bins():
    result = calibration([0, 0, 0, 1, 1, 1, 1, 0], [0.2] * 4 + [0.9] * 4, bins=2)
    assert [(p.probability, p.observed.value, p.n) for p in result.points] == [
        (pytest.approx(0.2), 0.25, 4),
        (pytest.approx(0.9), 0.75, 4),
    ]
    assert result.expected_error == pytest.approx((0.05 + 0.15) / 2)


def test_a_point_has_wilson_s_ends():
    # Wilson's interval of 1 of 4 is .0456 to .6994 (formula of Wilson 1927 by hand)
    first = calibration([0, 0, 0, 1, 1, 1, 1, 0], [0.2] * 4 + [0.9] * 4, bins=2).points[0].observed
    assert (first.value, first.low, first.high) == pytest.approx((0.25, 0.0456, 0.6994), abs=5e-5)


def test_every_study_is_in_one_bin_and_bins_rise():
    rng = np.random.default_rng(0)
    probabilities = rng.random(997)
    result = calibration((rng.random(997) < probabilities).astype(int), probabilities)
    assert sum(p.n for p in result.points) == 997
    assert len(result.points) == 10
    assert [p.probability for p in result.points] == sorted(p.probability for p in result.points)
    assert {p.n for p in result.points} <= {99, 100}


def test_equal_probabilities_stay_in_one_bin():
    assert len(calibration([0, 1, 0, 1], [0.5] * 4).points) == 1


def test_no_bin_is_refused():
    with pytest.raises(EvaluationError, match="at least one bin"):
        calibration([0, 1], [0.1, 0.2], bins=0)

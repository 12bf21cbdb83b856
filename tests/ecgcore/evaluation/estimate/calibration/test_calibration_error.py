"""The expected calibration error: by hand, by known truth, and its interval's coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from ecgcore.evaluation.estimate.calibration.calibration_error import calibration_error
from ecgcore.evaluation.estimate.calibration.reliability import calibration
from ecgcore.evaluation.estimate.resampling import Resampling
from ecgcore.evaluation.frame.sample import make_sample

FEW = Resampling(300)


def test_the_plain_error_is_that_of_the_reliability_points():
    rng = np.random.default_rng(0)
    probabilities = rng.random(500)
    labels = (rng.random(500) < probabilities).astype(int)
    found = calibration_error(make_sample(labels, probabilities), resampling=FEW)
    assert found.plain == pytest.approx(calibration(labels, probabilities).expected_error)


def test_chance_is_the_mean_absolute_deviation_of_a_binomial_share():
    # One bin of 400 studies at p = .3: the error is |share - .3|, whose mean is sqrt(2 / pi) times its deviation.
    sample = make_sample(np.repeat([1, 0], [120, 280]), np.full(400, 0.3))
    found = calibration_error(sample, resampling=Resampling(5000))
    deviation = np.sqrt(0.3 * 0.7 / 400)
    assert found.plain == pytest.approx(0, abs=1e-12)
    assert found.by_chance.value == pytest.approx(np.sqrt(2 / np.pi) * deviation, rel=0.05)
    assert found.by_chance.high == pytest.approx(2.2414 * deviation, rel=0.06)


def test_a_known_error_is_found_and_chance_does_not_explain_it():
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.1, 0.6, 4000)
    found = calibration_error(make_sample(rng.random(4000) < truth, truth + 0.2), resampling=FEW)
    assert found.plain > found.by_chance.high
    error = np.sqrt(0.22 / 4000)  # of the share of positives; p (1 - p) is .22 on average
    assert found.corrected.value == pytest.approx(0.2, abs=3 * error)
    assert found.corrected.high - found.corrected.low == pytest.approx(2 * 1.96 * error, rel=0.15)


def true_error(distort, n=400_000):
    """Return the error of the binned probabilities in a sample so large that chance plays no part."""
    rng = np.random.default_rng(3)
    truth = expit(rng.normal(-1, 1.5, n))
    return calibration((rng.random(n) < truth).astype(int), distort(truth)).expected_error


@pytest.mark.full
@pytest.mark.parametrize(("factor", "least"), [(1.0, 0.95), (1.6, 0.90)])
def test_the_interval_covers_the_true_error(factor, least):
    """800 studies; right probabilities, and log-odds 1.6 times too large, where the docstring says 90 %. A percentile
    interval of the plain error would
    not cover the first at all."""

    def distort(p):
        return expit(factor * logit(p))

    target = 0.0 if factor == 1 else true_error(distort)
    rng, samples, covered = np.random.default_rng(4), 300, 0
    for _ in range(samples):
        truth = expit(rng.normal(-1, 1.5, 800))
        found = calibration_error(make_sample(rng.random(800) < truth, distort(truth)), resampling=FEW).corrected
        covered += found.low <= target <= found.high
    assert covered / samples >= least - 2.576 * np.sqrt(least * (1 - least) / samples)

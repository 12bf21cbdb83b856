import math

import numpy as np
import pytest
from scipy.stats import norm, ttest_ind
from scipy.stats import t as student

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.study.training_noise import TotalError, TrainingNoise


def test_with_two_ways_and_endless_cases_it_is_students_t_test():
    one, two = [0.91, 0.93, 0.92, 0.90], [0.94, 0.92, 0.95, 0.95]
    noise = TrainingNoise.pooled([one, two])
    total = TotalError.of(0.0, noise)
    expected = ttest_ind(two, one)
    assert (noise.degrees, total.degrees) == (6, 6)
    assert total.p_value(np.mean(two) - np.mean(one)) == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval(0.95)
    assert total.half_width(0.95) == pytest.approx((interval.high - interval.low) / 2)


def test_without_noise_it_is_the_normal_distribution():
    total = TotalError.of(0.01, TrainingNoise.pooled([[0.9, 0.9], [0.8, 0.8]]))
    assert total.degrees == math.inf
    assert total.p_value(0.02) == pytest.approx(2 * norm.sf(2))
    assert total.half_width(0.95) == pytest.approx(1.959964 * 0.01)
    assert TotalError(0.0, math.inf).p_value(0.1) == 1.0


def test_degrees_follow_satterthwaite():
    """Variances 4 (known) and 2 x 9 / 3 = 6 on 8 degrees: (4 + 6)^2 / (6^2 / 8) = 22.2."""
    total = TotalError.of(2.0, TrainingNoise(3.0, 8, 3))
    assert total.error == pytest.approx(math.sqrt(10))
    assert total.degrees == pytest.approx(100 / 36 * 8)


def test_one_seed_knows_no_noise_and_unequal_numbers_are_refused():
    noise = TrainingNoise.pooled([[0.9], [0.8]])
    assert math.isnan(noise.sd) and math.isnan(noise.of_difference)
    assert TotalError.of(0.01, noise) == TotalError(0.01, math.inf)
    for aucs in ([[0.9], [0.8, 0.7]], [], [[]]):
        with pytest.raises(EvaluationError, match="as many seeds"):
            TrainingNoise.pooled(aucs)


@pytest.mark.parametrize(("cases", "seeds"), [(0.01, 0.01), (0.002, 0.01), (0.01, 0.002)])
def test_two_equal_ways_are_called_different_as_often_as_promised(cases, seeds):
    """Six ways of three seeds: each difference holds an error of the cases and one of the seeds of both ways."""
    rng = np.random.default_rng(0)
    rejected, alone = [], []
    for _ in range(2500):
        aucs = 0.9 + seeds * rng.standard_normal((6, 3))
        difference = aucs[1].mean() - aucs[0].mean() + cases * rng.standard_normal()
        rejected.append(TotalError.of(cases, TrainingNoise.pooled(aucs)).p_value(difference) < 0.05)
        alone.append(2 * norm.sf(abs(difference) / cases) < 0.05)
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.0131)  # 3 standard errors
    if seeds >= cases:
        assert np.mean(alone) > 0.1


def test_few_degrees_widen_the_interval():
    narrow, wide = (TotalError.of(0.0, TrainingNoise(0.01, degrees, 3)).half_width(0.95) for degrees in (1000, 4))
    assert wide / narrow == pytest.approx(student.ppf(0.975, 4) / student.ppf(0.975, 1000))

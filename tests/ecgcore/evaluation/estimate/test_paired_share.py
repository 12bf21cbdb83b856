"""The score interval of paired proportions against a published table, a closed form and its own definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from ecgcore.evaluation.estimate.paired_share import PairedShares, paired_shares, small_sample_quantile


def shares(ahead, behind, n):
    return PairedShares(np.array(ahead / n), np.array(behind / n), np.array(float(n)))


def test_complete_responses_give_the_interval_that_a_textbook_prints():
    # Cavo et al. 2012: 161 patients, 6 with a complete response only before, 16 only after consolidation.
    # Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables (2017), chapter 8, Tango's interval.
    low, high = shares(6, 16, 161).ends(1.959964)
    assert (round(float(low), 4), round(float(high), 4)) == (-0.1240, -0.0054)


def test_comparisons_that_never_differ_leave_wilsons_bound():
    # The statistic is then sqrt(n d / (1 - d)) at the limit -d: d = z^2 / (n + z^2).
    low, high = shares(0, 0, 50).ends(2.0)
    assert (float(low), float(high)) == pytest.approx((-4 / 54, 4 / 54), abs=1e-12)


@given(st.integers(0, 15), st.integers(0, 15), st.integers(0, 30))
@settings(max_examples=20, deadline=None)
def test_ends_enclose_the_difference_and_turn_round_with_the_models(ahead, behind, alike):
    n = ahead + behind + alike + 1
    (low, high), (back_low, back_high) = shares(ahead, behind, n).ends(2.0), shares(behind, ahead, n).ends(2.0)
    assert -1 <= low < (ahead - behind) / n < high <= 1
    assert (low, high) == pytest.approx((-back_high, -back_low), abs=1e-9)


@given(st.integers(0, 15), st.integers(1, 15), st.integers(1, 30))
@settings(max_examples=20, deadline=None)
def test_the_statistic_at_an_end_is_the_quantile(ahead, behind, alike):
    found = shares(ahead, behind, ahead + behind + alike)
    low, high = found.ends(1.5)
    assert (float(found.statistic(low)), float(found.statistic(high))) == pytest.approx((1.5, -1.5), abs=1e-6)


def test_independent_comparisons_count_as_many_as_they_are():
    ahead, behind, n = np.array(0.2), np.array(0.1), 70
    variance = np.array((0.3 - 0.1**2) / n)
    assert float(paired_shares(ahead, behind, variance, 1000).effective) == pytest.approx(70)
    assert float(paired_shares(ahead, behind, variance, 60).effective) == 60


def test_the_quantile_is_students():
    assert small_sample_quantile(12, 0.95) == pytest.approx(t.ppf(0.975, 11), abs=1e-12)
    assert small_sample_quantile(10**7, 0.95) == pytest.approx(norm.ppf(0.975), abs=1e-6)

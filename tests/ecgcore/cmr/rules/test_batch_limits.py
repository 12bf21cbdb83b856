from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from ecgcore.cmr.rules.batch_limits import Count, Limit, check_limits, limits_of
from ecgcore.errors import EvaluationError
from ecgcore.targets.catalogue import load_catalogue

SHIPPED = limits_of(load_catalogue())
QUARANTINED = Limit("quarantined", 0.0, 0.25, "look")


def never(name: str) -> Limit:
    """A limit that nearly every count breaks, to see the interval."""
    return Limit(name, 0.999999, 1.0, "look")


def none_at_all(name: str) -> Limit:
    """A limit that every full count breaks."""
    return Limit(name, 0.0, 0.000001, "look")


@given(st.integers(1, 300), st.data())
def test_intervals_are_the_exact_ones(total: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, total))
    exact = binomtest(hits, total).proportion_ci(0.95, method="exact")
    (alert,) = check_limits([Count("x", hits, total)], [never("x") if hits < total else none_at_all("x")])
    assert (alert.interval.low, alert.interval.high) == pytest.approx((exact.low, exact.high), abs=1e-9)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (
            0,
            10,
            0.0,
            0.3085,
        ),  # Newcombe, Statistics in Medicine 1998, table I: 81/263, 15/148, 0/20, 1/29; and the rule 1 - (a/2)^(1/n)
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_published_intervals(hits: int, total: int, low: float, high: float) -> None:
    (alert,) = check_limits([Count("x", hits, total)], [never("x")])
    assert (alert.interval.low, alert.interval.high) == pytest.approx((low, high), abs=5e-5)


def test_an_alert_needs_the_whole_interval_beyond_the_limit() -> None:
    # of 200, the lower bound exceeds 25 % from 64 on (binomial tail, by summation)
    first = next(k for k in range(201) if binomtest(k, 200, 0.25, alternative="greater").pvalue < 0.025)
    assert check_limits([Count("quarantined", first - 1, 200)], [QUARANTINED]) == ()
    (alert,) = check_limits([Count("quarantined", first, 200)], [QUARANTINED])
    assert alert.limit is QUARANTINED
    assert f"{first} of 200" in alert.message
    assert "Hint: look" in alert.message


def test_a_single_bad_file_raises_no_alert() -> None:
    assert check_limits([Count("quarantined", 1, 1), Count("scar", 1, 1), Count("lvef", 0, 1)], SHIPPED) == ()


def test_the_study_itself_raises_no_alert_and_shuffled_columns_do() -> None:
    assert check_limits([Count("scar", 54, 200), Count("lvef", 37, 200), Count("quarantined", 0, 200)], SHIPPED) == ()
    alerts = check_limits([Count("scar", 146, 200), Count("lvef", 2, 200)], SHIPPED)
    assert [alert.limit.name for alert in alerts] == ["scar", "lvef"]


def test_nothing_counted_is_nothing_judged() -> None:
    assert check_limits([Count("scar", 0, 0), Count("unknown", 5, 5)], SHIPPED) == ()


def test_limits_are_shares() -> None:
    with pytest.raises(EvaluationError, match=r"0\.5 to 0\.1"):
        Limit("x", 0.5, 0.1, "look")

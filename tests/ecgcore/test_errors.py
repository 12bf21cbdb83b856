"""Errors say the thing, the rule and the next step, and survive a process border."""

import pickle

import pytest

from ecgcore.errors import EcgError, LeakError, ReportError


def test_message_has_thing_rule_and_hint():
    error = EcgError("labels.csv", "lacks the column hn", "add it")
    assert str(error) == "labels.csv: lacks the column hn. Hint: add it"


@pytest.mark.parametrize("error", [LeakError("a", "b", "c"), ReportError("a", "b", "c", "blank-page")])
def test_errors_cross_a_process_border(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))

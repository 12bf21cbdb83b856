"""Complete and imputed rows are kept apart."""

from __future__ import annotations

import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.frame.completeness import RowSet, row_sets


def test_the_sets_divide_the_rows_and_the_mixture_is_named(make_frame):
    frame = make_frame([0, 1, 0], [0.1, 0.9, 0.2], imputed=[True, False, False])
    found = row_sets(frame)
    assert {name: len(rows) for name, rows in found.items()} == {
        RowSet.COMPLETE: 2,
        RowSet.IMPUTED: 1,
        RowSet.MIXED: 3,
    }
    assert not found[RowSet.COMPLETE]["imputed"].any()


def test_without_imputed_rows_there_is_one_set(make_frame):
    assert list(row_sets(make_frame([0, 1], [0.1, 0.9], imputed=False))) == [RowSet.COMPLETE]


def test_a_frame_that_does_not_say_is_refused(make_frame):
    with pytest.raises(EvaluationError, match="do not say"):
        row_sets(make_frame([0, 1], [0.1, 0.9]))
    with pytest.raises(EvaluationError, match="true or false"):
        row_sets(make_frame([0, 1], [0.1, 0.9], imputed=[True, None]))

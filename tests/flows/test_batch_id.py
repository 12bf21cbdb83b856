"""The name of a batch is never taken for a date, which crashed one ingest in nine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dateutil.parser import parse

from tasks.inbox.batch_id import new_batch_id


def test_no_date_parser_accepts_it() -> None:
    for hours in range(0, 24 * 365, 7):
        with pytest.raises(ValueError):
            parse(new_batch_id(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours, seconds=hours)))


def test_it_sorts_by_time() -> None:
    start = datetime(2026, 9, 30, 23, 59, 58, tzinfo=UTC)
    names = [new_batch_id(start + timedelta(seconds=seconds)) for seconds in range(5)]
    assert names == sorted(names)

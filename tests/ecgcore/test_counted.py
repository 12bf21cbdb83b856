from __future__ import annotations

import pytest

from ecgcore.counted import counted


@pytest.mark.parametrize(
    ("count", "noun", "expected"),
    [
        (0, "look", "0 looks"),
        (1, "look", "1 look"),
        (2, "study", "2 studies"),
        (1, "study", "1 study"),
        (2, "day", "2 days"),
        (3, "open entry", "3 open entries"),
        (1934, "ECG", "1,934 ECGs"),
    ],
)
def test_one_is_one_and_several_are_several(count: int, noun: str, expected: str) -> None:
    assert counted(count, noun) == expected

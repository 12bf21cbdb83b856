from __future__ import annotations

import pytest

from ecgcore.errors import TargetError
from ecgcore.targets.label_rule import LabelRule
from ecgcore.targets.language import Language

PERCENT = (49.9, 50.0, 50.1)


@pytest.mark.parametrize(
    ("text", "expected", "words", "thai"),
    [
        ("< 50", [True, False, False], "below 50", "ต่ำกว่า 50"),
        ("<=50", [True, True, False], "at most 50", "ไม่เกิน 50"),
        ("> 50.0", [False, False, True], "above 50", "มากกว่า 50"),
        (" >= 50", [False, True, True], "at least 50", "ไม่ต่ำกว่า 50"),
    ],
)
def test_a_rule_is_read_applied_and_said(text: str, expected: list[bool], words: str, thai: str) -> None:
    rule = LabelRule.of(text)
    assert [rule.holds(percent) for percent in PERCENT] == expected
    assert (rule.words(Language.ENGLISH), rule.words(Language.THAI)) == (words, thai)


@pytest.mark.parametrize("text", ["50", "= 50", "< fifty", "", "< 50 %", "<< 50"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match="such as '< 50'"):
        LabelRule.of(text)

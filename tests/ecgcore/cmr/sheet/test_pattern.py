from __future__ import annotations

import pytest

from ecgcore.cmr.sheet.pattern import parse_pattern


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("subendocardial", "subendocardial"),
        ("Transmural ", "transmural"),
        ("both", "subendocardial+transmural"),
        ("transmural, subendocardial", "subendocardial+transmural"),
        ("subendocardial and mid wall", "subendocardial+mid-wall"),
        ("midwall/epicardial", "mid-wall+epicardial"),
        ("Mid_Wall", "mid-wall"),
        ("", None),
        ("none", None),
        ("patchy", None),
        ("subendocardial, patchy", None),
    ],
)
def test_patterns(text: str, patterns: str | None) -> None:
    assert parse_pattern(text) == patterns

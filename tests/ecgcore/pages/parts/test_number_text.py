from __future__ import annotations

import pytest

from ecgcore.pages.parts.number_text import number_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0132850241, "0.013"), (0.8375, "0.838"), (0.0, "0.000"), (0.00002, "2e-05"), (-0.0004, "-0.0004"),
        (1234.5, "1,234.500"), (float("nan"), "–"), (None, "–"),
    ],
)  # fmt: skip
def test_three_decimals_and_a_dash_for_what_is_missing(value, text):
    assert number_text(value) == text

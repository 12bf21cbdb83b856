"""Text as a person sees it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import escape

from ecgcore.cmr.sheet.visible import unescaped, visible


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1234567_x000D_", "1234567\r"),
        ("a_x000d_\nb", "a\r\nb"),
        ("_x0E19_", "น"),
        ("_x005F_x000D_", "_x000D_"),
        ("_xD83D__xDE00_", "\N{GRINNING FACE}"),
        ("_xD83D_", "_xD83D_"),
        ("a_x_b_x12_", "a_x_b_x12_"),
    ],
)
def test_the_escapes_of_workbooks(written: str, text: str) -> None:
    assert unescaped(written) == text


@given(st.text(st.characters(max_codepoint=0x7F), max_size=20))
@settings(deadline=None)
def test_what_another_program_escapes_is_read_as_it_was(text: str) -> None:
    assert unescaped(escape(text)) == text


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        ("49\u200b", "49"),
        ("\ufeffa\u00a0b\u2060", "a b"),
        ("\u200e1234567\u202c", "1234567"),
        ("49_x000D_", "49"),
        ("a_x0041_b", "a_x0041_b"),
        (" น้ำ ", "น้ำ"),
    ],
)
def test_what_shows_nothing_is_left_out(cell: str, seen: str) -> None:
    assert visible(cell) == seen

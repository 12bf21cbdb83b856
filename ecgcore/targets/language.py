"""The languages in which a target has words for people."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """A language by its two letters."""

    ENGLISH = "en"
    THAI = "th"

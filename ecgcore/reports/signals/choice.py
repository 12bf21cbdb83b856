"""Where signals may be read from; free of heavy imports, for the command line."""

from __future__ import annotations

from enum import StrEnum


class Choice(StrEnum):
    """Where signals may be read from."""

    AUTO = "auto"
    PIXELS = "pixels"
    VECTOR = "vector"

"""The kinds of source files."""

from __future__ import annotations

from enum import StrEnum


class FileKind(StrEnum):
    """What a source file is."""

    ECG = "ecg"
    TABLE = "table"
    NARRATIVE = "narrative"
    UNKNOWN = "unknown"

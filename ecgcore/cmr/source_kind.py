"""What a file of the inbox's `cmr` folder is, by its name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

NARRATIVE_RULE = "narrative-report"
NARRATIVE_HINT = "enter the result of this CMR report in a label table (XLSX or CSV) and drop that into the cmr folder"
_HIDDEN = (".", "~$")  # what editors leave beside an open file


class SourceKind(StrEnum):
    """A label table, a narrative report, or something that the folder is not for."""

    TABLE = "table"
    NARRATIVE = "narrative"
    UNKNOWN = "unknown"


_KINDS = {
    ".csv": SourceKind.TABLE,
    ".xlsx": SourceKind.TABLE,
    ".pdf": SourceKind.NARRATIVE,
    ".txt": SourceKind.NARRATIVE,
}


def classify(path: Path) -> SourceKind:
    """Return what kind of CMR source a file is; hidden files and editors' lock files are unknown."""
    if path.name.startswith(_HIDDEN):
        return SourceKind.UNKNOWN
    return _KINDS.get(path.suffix.lower(), SourceKind.UNKNOWN)

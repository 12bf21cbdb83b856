"""What a person sees on a worksheet beside its cells: rows and columns that are hidden, text that is struck through."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

_YES = frozenset({"1", "true", "on"})
_NO = frozenset({"0", "false", "off"})
_CHUNK = 2**20


@dataclass
class SheetMarks:
    """Rows and columns of a worksheet, from 1, that are marked."""

    hidden_rows: set[int] = field(default_factory=set)
    struck_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    _row: int = 0

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        """Take in the start of an element; whichever prefix its namespace has."""
        match tag.rpartition(":")[2]:
            case "row":
                self._row = int(float(given["r"])) if "r" in given else self._row + 1
                if given.get("hidden") in _YES or float(given.get("ht", 1)) == 0:
                    self.hidden_rows.add(self._row)
            case "col" if given.get("hidden") in _YES or float(given.get("width", 1)) == 0:
                self.hidden_columns |= set(range(int(given["min"]), min(int(given["max"]), 2**14) + 1))
            case "strike" if given.get("val", "1") not in _NO:
                self.struck_rows.add(self._row)


def read_marks(archive: zipfile.ZipFile, part: str) -> SheetMarks:
    """Read the marks that a worksheet's own part holds; text struck through by a cell's style is not among them."""
    marks = SheetMarks()
    parser = expat.ParserCreate()
    parser.StartElementHandler = marks.start
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk)
    parser.Parse(b"", True)
    return marks


def struck_styles(book: Any) -> frozenset[int]:
    """Return the cell styles of a workbook whose text is struck through."""
    return frozenset(i for i, style in enumerate(book._cell_styles) if book._fonts[style.fontId].strike)


def is_struck(cell: Any, styles: frozenset[int]) -> bool:
    """Tell whether a cell that holds anything is struck through, as a whole or in part."""
    if cell.value is None:
        return False
    parts = cell.value if isinstance(cell.value, list) else ()
    return cell._style_id in styles or any(getattr(getattr(part, "font", None), "strike", False) for part in parts)

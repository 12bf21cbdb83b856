"""How large a label table may be. Files from outside are hostile until they are read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableLimits:
    """Bounds of one table file.

    Args:
        file_bytes: size on disk.
        unpacked_bytes: size of a workbook's parts, unpacked and summed.
        rows: lines that hold anything, the header included.
        columns: columns.
        cell_chars: characters in a cell.
    """

    file_bytes: int = 50 * 2**20
    unpacked_bytes: int = 300 * 2**20
    rows: int = 200_000
    columns: int = 200
    cell_chars: int = 4_096


DEFAULT_TABLE_LIMITS = TableLimits()

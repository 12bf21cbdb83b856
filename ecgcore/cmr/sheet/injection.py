"""Cells that a spreadsheet would run as a formula are written with an apostrophe before them, and read without it."""

from __future__ import annotations

import re

_ACTIVE = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def escape(cell: str) -> str:
    """Return the cell in a form that no spreadsheet runs; numbers such as ``-5`` stay."""
    return f"'{cell}" if _ACTIVE.match(cell) and not _PLAIN_NUMBER.fullmatch(cell) else cell


def unescape(cell: str) -> str:
    """Return what :func:`escape` was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell

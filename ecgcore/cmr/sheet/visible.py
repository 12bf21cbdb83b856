"""A cell's text as a person sees it: programs leave escapes, line ends and invisible characters in cells."""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = re.compile(r"(?:_x[0-9A-Fa-f]{4}_)+")
_CONTROL_ESCAPE = re.compile(r"_x00(?:[01][0-9A-Fa-f]|7[Ff])_")
_HEX = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """Return a workbook's text with its escapes resolved: ``_x000D_`` is a carriage return, ``_x005F_`` a ``_``."""
    return _ESCAPES.sub(lambda run: _characters(run[0]), text) if "_x" in text else text


def _characters(run: str) -> str:
    units = b"".join(int(code, 16).to_bytes(2, "little") for code in _HEX.findall(run))
    try:
        return units.decode("utf-16-le")
    except UnicodeDecodeError:  # half of a pair is no character
        return run


def visible(text: str) -> str:
    """Return a text without what shows nothing, trimmed; every kind of space is a space.

    What shows nothing are zero-width characters, marks of direction, and escaped control characters, which some
    programs write into a CSV too.
    """
    if text.isascii():
        return _CONTROL_ESCAPE.sub(" ", text).strip() if "_x" in text else text.strip()
    seen = (" " if unicodedata.category(c) == "Zs" else c for c in text if unicodedata.category(c) != "Cf")
    return _CONTROL_ESCAPE.sub(" ", "".join(seen)).strip()

"""Late-enhancement patterns. The ischaemic ones belong to the study; the others exclude, they are not negatives."""

from __future__ import annotations

import re

ISCHAEMIC = ("subendocardial", "transmural")
NON_ISCHAEMIC = ("mid-wall", "epicardial")
NON_ISCHAEMIC_REGEX = "|".join(NON_ISCHAEMIC)
_BOTH = "both"  # both ischaemic patterns
_KNOWN = (*ISCHAEMIC, *NON_ISCHAEMIC)
_SEPARATOR = re.compile(r"\s*(?:[,;/+&]|\band\b)\s*")
_MID_WALL = re.compile(r"mid[\s_-]?wall")


def parse_pattern(text: str) -> str | None:
    """Return the patterns that a cell names, in a fixed order and joined by ``+``; None if any of them is unknown.

    `subendocardial`, `transmural`, `mid-wall` (also `mid wall`, `midwall`, `mid_wall`) and `epicardial` are known, in
    any case, one or several with ``, ; / + &`` or `and` between them; `both` means subendocardial and transmural. An
    empty cell is None.
    """
    parts = _SEPARATOR.split(_MID_WALL.sub("mid-wall", text.strip().lower()))
    named = {name for part in parts for name in (ISCHAEMIC if part == _BOTH else (part,))}
    return "+".join(p for p in _KNOWN if p in named) if named <= set(_KNOWN) else None

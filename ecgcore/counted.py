"""A number with what it counts, as people write it."""

from __future__ import annotations

_VOWELS = "aeiou"


def counted(count: int, noun: str) -> str:
    """Return for example ``1 look``, ``2 studies`` or ``1,934 files``.

    Args:
        count: how many.
        noun: one of them; the last word of several is put in the plural, by the regular rules of English.
    """
    return f"{count:,} {noun if count == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}s"

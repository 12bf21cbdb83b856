"""Our own sentences, in which what a person types, such as `ecg status`, stands between single backticks.

Paragraphs, callouts, captions, purposes and descriptions are prose, and so are the cells that say so. Titles, subtitles
and all other cells are not, for they hold names of files and values that come from outside: these stand as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CODE = re.compile(r"(?<!`)`([^`\s](?:[^`]*[^`\s])?)`(?!`)")


@dataclass(frozen=True)
class Span:
    """A part of a sentence; ``is_code`` where it stood between backticks, which are left out."""

    text: str
    is_code: bool = False


def spans(text: str) -> tuple[Span, ...]:
    """Return the parts of a sentence in order, none of them empty.

    Backticks that have no partner, are doubled or have a space on their inner side stay in the text.

    Example:
        >>> spans("run `ecg status` first")
        (Span(text='run ', is_code=False), Span(text='ecg status', is_code=True), Span(text=' first', is_code=False))
    """
    return tuple(span for span in _parts(text) if span.text)


def _parts(text: str) -> Iterator[Span]:
    start = 0
    for match in _CODE.finditer(text):
        yield Span(text[start : match.start()])
        yield Span(match.group(1), is_code=True)
        start = match.end()
    yield Span(text[start:])

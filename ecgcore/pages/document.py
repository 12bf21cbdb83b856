"""What a page is made of, before a renderer makes it HTML, Markdown or a terminal's text.

Pages hold plain text only; escaping happens in ``html``, ``markdown`` and ``terminal``, in one place each, so no page
can forget it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

ROW_CAP = 200
"""Rows of a table that a page shows; the rest is counted."""

_DIGEST_CHARS = 12


class Tone(StrEnum):
    """How something is meant. Always said in words too, never by colour alone."""

    PLAIN = "plain"
    GOOD = "good"
    CAUTION = "caution"
    BAD = "bad"


@dataclass(frozen=True)
class Cell:
    """Text of a table cell.

    Args:
        text: what stands there.
        tone: how it is meant.
        numeric: aligns it right.
        target: path of the file that the text names, empty where it names none; what can show links leads there.
        full: what a shortened text stands for, empty where nothing was left out.
        prose: whether it is a sentence of ours (``ecgcore.pages.prose``), not a name or value from outside.
    """

    text: str
    tone: Tone = Tone.PLAIN
    numeric: bool = False
    target: str = ""
    full: str = ""
    prose: bool = False


@dataclass(frozen=True)
class Table:
    """A table; ``total_rows`` is how many there are where ``rows`` is only a part of them."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total_rows: int


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Callout:
    """A sentence that must not be overlooked."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class Command:
    """A line to type, with what it does. Quote its arguments with ``shlex.quote``."""

    purpose: str
    command: str


@dataclass(frozen=True)
class Link:
    """A file to open, with what it is."""

    purpose: str
    target: str


@dataclass(frozen=True)
class Image:
    """A PNG with its description, a sentence, which also stands in for it where no picture can be shown."""

    png: bytes
    description: str


Block = Text | Callout | Table | Command | Link | Image


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole page: title, one line below it, and sections."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def number(value: int) -> Cell:
    """Return a count as a right-aligned cell, with thousands separated."""
    return Cell(f"{value:,}", numeric=True)


def sentence(text: str, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a sentence of ours as a cell: what stands between backticks is shown as something to type."""
    return Cell(text, tone, prose=True)


def digest(value: str) -> Cell:
    """Return a hash as a cell of its first 12 characters; the whole stands behind it."""
    return Cell(value[:_DIGEST_CHARS], full=value) if len(value) > _DIGEST_CHARS else Cell(value)


def capped(caption: str, columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...], cap: int = ROW_CAP) -> Table:
    """Return a table of the first ``cap`` rows that says how many there are."""
    return Table(caption, columns, rows[:cap], len(rows))


def shown(table: Table) -> str:
    """Return the sentence that says what a capped table leaves out, empty where it leaves out nothing."""
    if table.total_rows <= len(table.rows):
        return ""
    return f"{len(table.rows):,} of {table.total_rows:,} rows shown"


def visible(text: str) -> str:
    """Return ``text`` on one line without characters that hide or reorder others.

    Control characters and lone surrogates become spaces; format characters, among them the bidirectional overrides,
    are dropped.
    """
    return " ".join("".join(_visible(c) for c in text).split())


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return " " if category in ("Cc", "Cs", "Zl", "Zp") else character

"""A document as Markdown, for Prefect's artifacts. Figures are named, not shown; files are named by their path."""

from __future__ import annotations

import re
from html import escape
from typing import assert_never

from ecgcore.pages.document import (
    Block,
    Callout,
    Cell,
    Command,
    Document,
    Image,
    Link,
    Section,
    Table,
    Text,
    Tone,
    shown,
    visible,
)
from ecgcore.pages.prose import Span, spans

_ACTIVE = re.compile(r"([\\`*_\[\]|~$])")
_LINKS = re.compile(r"(?i)(?<=:)//|(?<=www)\.|@")
_LEADING = re.compile(r"^(?:[#+=-]|\d+(?=[.)]))")
_NOT_IN_CODE = re.compile(r"(?i)[<>&|\\\[\]~$@]|://|www\.")
_BACKTICKS = re.compile(r"`+")
_SIGNAL = {Tone.PLAIN: "Note", Tone.GOOD: "Good", Tone.CAUTION: "Caution", Tone.BAD: "Attention"}


def render_markdown(document: Document) -> str:
    """Return the page as Markdown (with tables as GitHub reads them). Every text of the document is escaped."""
    head = f"# {_text(document.title)}\n\n{_started(_text(document.subtitle))}\n\n"
    return head + "\n".join(_section(s) for s in document.sections)


def _section(section: Section) -> str:
    return f"## {_text(section.title)}\n\n" + "".join(_block(b) + "\n" for b in section.blocks)


def _block(block: Block) -> str:
    match block:
        case Text():
            return _paragraph(block.text) + "\n"
        case Callout():
            return f"> **{_SIGNAL[block.tone]}:** {_prose(block.text)}\n"
        case Table():
            return _table(block)
        case Command():
            return f"{_paragraph(block.purpose)}\n\n{_fenced(visible(block.command))}\n"
        case Link():
            return f"{_paragraph(block.purpose)}\n\n{_fenced(visible(block.target))}\n"
        case Image():
            return f"Figure in the HTML page: {_prose(block.description)}\n"
        case _:
            assert_never(block)


def _table(table: Table) -> str:
    lines = [
        _paragraph(table.caption),
        "",
        _line(tuple(map(_text, table.columns))),
        "|" + " --- |" * len(table.columns),
        *(_line(tuple(map(_cell, row))) for row in table.rows),
    ]
    note = shown(table)
    return "\n".join(lines) + "\n" + (f"\n{_paragraph(note)}\n" if note else "")


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(cell: Cell) -> str:
    return _prose(cell.text) if cell.prose else _text(cell.text)


def _fenced(command: str) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(command)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{command}\n{fence}"


def _prose(text: str) -> str:
    return "".join(map(_span, spans(visible(text))))


def _span(span: Span) -> str:
    if not span.is_code:
        return _escaped(span.text)
    quoted = f"`{span.text}`"
    return _escaped(quoted) if _NOT_IN_CODE.search(span.text) else quoted  # nothing can be escaped in code


def _text(text: str) -> str:
    return _escaped(visible(text))


def _escaped(text: str) -> str:
    active = _ACTIVE.sub(r"\\\1", escape(text, quote=False))
    return _LINKS.sub(lambda match: "\\" + match.group(), active)


def _paragraph(text: str) -> str:
    return _started(_prose(text))


def _started(line: str) -> str:
    return _LEADING.sub(_escape_start, line)


def _escape_start(match: re.Match[str]) -> str:
    # A digit cannot be escaped: a character reference keeps "1." at the start of a line from opening a list.
    mark = match.group()
    return f"&#{ord(mark[0])};{mark[1:]}" if mark[0].isdigit() else "\\" + mark

"""A document as one self-contained HTML file: inline style and images, no script, nothing loaded from elsewhere.

The templates stand in ``templates``: ``base.html`` is every page's frame, ``document.html`` lays out a document, and
each kind of block has a template of its name. Whatever a template prints is made :func:`visible` and escaped.
"""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ecgcore.pages.document import Block, Document, Image, Table, shown, visible
from ecgcore.pages.parts.address import relative_address
from ecgcore.pages.prose import Span, spans

_TEMPLATES = Path(__file__).parent / "templates"
_WIDE = 1100  # pixels: several panels beside each other, which need the whole page
_FOLDED_FROM = 26  # rows: more than one screen
_CARDS_FROM = 4  # columns: fewer fit on a phone as they are
_CONTENTS_FROM = 4  # sections: fewer are seen at a glance


def render_html(document: Document, folder: Path | None = None) -> str:
    """Return the page as an HTML text. Every text of the document is escaped.

    Args:
        document: what to show.
        folder: where the page will lie, so that it can lead to files by relative links; None names them only.
    """
    page = _templates().get_template("document.html")
    with_contents = len(document.sections) >= _CONTENTS_FROM
    return page.render(document=document, folder=folder, with_contents=with_contents)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    made.filters.update(kind=_kind, address=_address, data=_data, shown=shown, prose=_prose)
    made.tests.update(image=_is_image, wide=_is_wide, long=_is_long)
    made.tests.update(numeric_column=_is_numeric_column, of_many_columns=_has_many_columns)
    return made


def _finalize(value: Any) -> Any:
    return visible(value) if type(value) is str else value  # markup of a template is a subclass of str, and stays


def _prose(text: str) -> Markup:
    return Markup().join(map(_span, spans(visible(text))))


def _span(span: Span) -> Markup:
    return Markup("<code>{}</code>").format(span.text) if span.is_code else escape(span.text)


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def _address(target: str, folder: Path | None) -> str:
    return relative_address(target, folder) if target and folder else ""


def _data(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")


def _is_image(block: Block) -> bool:
    return isinstance(block, Image)


def _is_wide(image: Image) -> bool:
    """Tell it by the width in pixels that the header says (PNG specification, 11.2.1: bytes 16 to 20)."""
    return int.from_bytes(image.png[16:20], "big") >= _WIDE


def _is_long(table: Table) -> bool:
    return len(table.rows) >= _FOLDED_FROM


def _has_many_columns(table: Table) -> bool:
    return len(table.columns) >= _CARDS_FROM


def _is_numeric_column(index: int, table: Table) -> bool:
    return bool(table.rows) and all(row[index].numeric for row in table.rows)

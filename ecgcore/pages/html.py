"""A document as one self-contained HTML file: inline style and images, no script, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
from html import escape
from typing import assert_never

from ecgcore.pages.document import (
    Block,
    Callout,
    Cell,
    Command,
    Document,
    Image,
    Section,
    Table,
    Text,
    Tone,
    shown,
    visible,
)

_WIDE = 1100  # pixels: several panels beside each other, which need the whole page

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #1f2933; font: 16px/1.5 system-ui, "Segoe UI", "Noto Sans", "Noto Sans Thai",
  "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid #cbd2d9; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
.subtitle { color: #52606d; margin: .35rem 0 0; }
.callout { border-left: 5px solid #7b8794; background: #f5f7fa; padding: .65rem .9rem; margin: .75rem 0; }
.callout.good { border-color: #1b7f4b; background: #edf8f1; }
.callout.caution { border-color: #a15c00; background: #fef6e7; }
.callout.bad { border-color: #b42318; background: #fdf0ee; }
.scroll { overflow-x: auto; margin: .75rem 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; color: #52606d; padding-bottom: .35rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #e4e7eb;
  overflow-wrap: break-word; }
th { background: #f5f7fa; font-weight: 600; border-bottom: 1px solid #cbd2d9; }
td.numeric, th.numeric { text-align: right; font-variant-numeric: tabular-nums; }
td.numeric { white-space: nowrap; }
td:last-child:not(.numeric) { min-width: 11rem; }
td.good { color: #13633a; font-weight: 600; }
td.caution { color: #854a00; font-weight: 600; }
td.bad { color: #9b1c12; font-weight: 600; }
.shown { color: #52606d; font-size: .85rem; margin-top: -.5rem; }
pre { background: #f5f7fa; border: 1px solid #e4e7eb; padding: .55rem .8rem; margin: .25rem 0 .9rem; overflow-x: auto;
  font: .88rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: .5rem 0 1rem; flex: 0 1 auto; max-width: 100%; }
figure img { max-width: 100%; height: auto; border: 1px solid #e4e7eb; }
figcaption { color: #52606d; font-size: .85rem; }
.narrow { max-width: 34rem; }
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 10.5pt; }
  tr, figure, .callout, pre { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  .figures { display: block; }
}
"""


def render_html(document: Document) -> str:
    """Return the page as an HTML text. Every text of the document is escaped."""
    title, subtitle = _text(document.title), _text(document.subtitle)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<header><h1>{title}</h1>\n<p class="subtitle">{subtitle}</p></header>\n'
        + "".join(_section(s) for s in document.sections)
        + "</main>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    parts = [f"<section>\n<h2>{_text(section.title)}</h2>\n"]
    images = [b for b in section.blocks if isinstance(b, Image)]
    parts += [_block(b) for b in section.blocks if not isinstance(b, Image)]
    if images:
        parts.append('<div class="figures">\n' + "".join(_block(b) for b in images) + "</div>\n")
    return "".join(parts) + "</section>\n"


def _block(block: Block) -> str:
    match block:
        case Text():
            return f"<p>{_text(block.text)}</p>\n"
        case Callout():
            return f'<p class="callout {block.tone.value}" role="note">{_text(block.text)}</p>\n'
        case Table():
            return _table(block)
        case Command():
            return f"<p>{_text(block.purpose)}</p>\n<pre>{_text(block.command)}</pre>\n"
        case Image():
            return _image(block)
        case _:
            assert_never(block)


def _image(image: Image) -> str:
    data = base64.b64encode(image.png).decode("ascii")
    text = _text(image.description)
    picture = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    kind = "" if _width(image.png) >= _WIDE else ' class="narrow"'
    return f"<figure{kind}>{picture}<figcaption>{text}</figcaption></figure>\n"


def _width(png: bytes) -> int:
    """Return the width in pixels, as the header says (PNG specification, 11.2.1: bytes 16 to 20)."""
    return int.from_bytes(png[16:20], "big")


def _table(table: Table) -> str:
    numeric = [all(row[i].numeric for row in table.rows) and bool(table.rows) for i in range(len(table.columns))]
    head = "".join(_head(c, n) for c, n in zip(table.columns, numeric, strict=True))
    body = "".join("<tr>" + "".join(_cell(c) for c in row) + "</tr>\n" for row in table.rows)
    note = shown(table)
    return (
        f'<div class="scroll"><table>\n<caption>{_text(table.caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n"
        + (f'<p class="shown">{_text(note)}</p>\n' if note else "")
    )


def _head(column: str, numeric: bool) -> str:
    kind = ' class="numeric"' if numeric else ""
    return f'<th scope="col"{kind}>{_text(column)}</th>'


def _cell(cell: Cell) -> str:
    kinds = [name for name, on in ((cell.tone.value, cell.tone is not Tone.PLAIN), ("numeric", cell.numeric)) if on]
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    return f"<td{kind}>{_text(cell.text)}</td>"


def _text(text: str) -> str:
    return escape(visible(text), quote=True)

"""A document as a terminal's text: tables, verdicts in colour, files as links where the terminal knows links."""

from __future__ import annotations

import io
import sys
from typing import assert_never

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.style import Style
from rich.table import Table as Grid
from rich.text import Text as Line

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
from ecgcore.pages.parts.address import file_address
from ecgcore.pages.prose import spans

_STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.CAUTION: "yellow", Tone.BAD: "bold red"}
_SIGNAL = {Tone.PLAIN: "note", Tone.GOOD: "good", Tone.CAUTION: "caution", Tone.BAD: "attention"}
_MUTED = "dim"
_CODE = "bold cyan"
_FILE_WIDTH = 120  # characters of a line where the output is no terminal, such as a file
_ROWS = 20  # of a table; the HTML page has more
_CELL_MIN = 24  # characters that a column of sentences needs


def print_document(document: Document) -> None:
    """Print a document on standard output; without colour and links where that is no terminal."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _FILE_WIDTH)
    show(document, console)


def render_terminal(document: Document, width: int = _FILE_WIDTH, colour: bool = False) -> str:
    """Return what a terminal of ``width`` characters shows; ``colour`` adds its codes for colours and links."""
    out = io.StringIO()
    system = "truecolor" if colour else None
    show(document, Console(file=out, width=width, force_terminal=colour, color_system=system, highlight=False))  # type: ignore[arg-type]
    return out.getvalue()


def show(document: Document, console: Console) -> None:
    """Print a document on a console."""
    console.print(_line(document.title, "bold"))
    console.print(_line(document.subtitle, _MUTED))
    for section in document.sections:
        _show_section(section, console)


def _show_section(section: Section, console: Console) -> None:
    console.print()
    console.rule(_line(section.title, "bold"), align="left", style=_MUTED, characters="─")
    for block in section.blocks:
        _show_block(block, console)


def _show_block(block: Block, console: Console) -> None:
    match block:
        case Text():
            console.print(_prose(block.text, console))
        case Callout():
            console.print(_prose(f"{_SIGNAL[block.tone]}: {block.text}", console, _STYLES[block.tone]))
        case Table():
            _show_table(block, console)
        case Command():
            console.print(_prose(f"{block.purpose}:", console, _MUTED))
            console.print(Line(f"  {visible(block.command)}"), soft_wrap=True)
        case Link():
            purpose = _prose(f"{block.purpose}:", console, _MUTED)
            console.print(Line.assemble(purpose, " ", _linked(block.target, block.target)), soft_wrap=True)
        case Image():
            console.print(_prose(f"Figure in the HTML page: {block.description}", console, _MUTED))
        case _:
            assert_never(block)


def _show_table(table: Table, console: Console) -> None:
    console.print(_prose(table.caption, console, _MUTED))
    part = table.rows[:_ROWS]
    columns = [index for index, _ in enumerate(table.columns) if any(row[index].text for row in part)]
    if _needed(table, columns) <= console.width:
        console.print(_grid(table, part, columns, console))
    else:
        for row in part:
            console.print(Padding(_card(table, row, columns, console), (0, 0, 1, 2)))
    note = shown(Table(table.caption, table.columns, part, table.total_rows))
    if note:
        console.print(_line(note, _MUTED))


def _needed(table: Table, columns: list[int]) -> int:
    """Return the characters that a table needs in a line: numbers and names whole, sentences folded."""
    widths = (
        max(len(table.columns[i]), *(min(len(row[i].text), _CELL_MIN) for row in table.rows[:_ROWS])) for i in columns
    )
    return sum(width + 3 for width in widths)


def _grid(table: Table, rows: tuple[tuple[Cell, ...], ...], columns: list[int], console: Console) -> Grid:
    grid = Grid(box=SIMPLE_HEAD, border_style=_MUTED, header_style="bold", pad_edge=False)
    for index in columns:
        numeric = all(row[index].numeric for row in rows)
        short = max(len(row[index].text) for row in rows) <= _CELL_MIN
        grid.add_column(
            _line(table.columns[index]), justify="right" if numeric else "left", no_wrap=short, overflow="fold"
        )
    for row in rows:
        grid.add_row(*(_cell(row[index], console) for index in columns))
    return grid


def _card(table: Table, row: tuple[Cell, ...], columns: list[int], console: Console) -> Grid:
    """Return one row as lines of column and value, for terminals that are too narrow for the table."""
    card = Grid.grid(padding=(0, 2))
    card.add_column(no_wrap=True, style=_MUTED)
    card.add_column(overflow="fold")
    for index in columns:
        if row[index].text:
            card.add_row(_line(table.columns[index]), _cell(row[index], console))
    return card


def _cell(cell: Cell, console: Console) -> Line:
    style = _STYLES[cell.tone]
    if cell.target:
        return _linked(cell.text, cell.target, style)
    return _prose(cell.text, console, style) if cell.prose else _line(cell.text, style)


def _linked(text: str, target: str, style: str = "") -> Line:
    return Line(visible(text), Style.parse(style) + Style(link=file_address(target)))


def _prose(text: str, console: Console, style: str = "") -> Line:
    """Return a sentence with what one types set off by a style, or by its backticks where there are no styles."""
    if console.color_system is None:
        return _line(text, style)
    line = Line(style=style)
    for span in spans(visible(text)):
        line.append(span.text, _CODE if span.is_code else None)
    return line


def _line(text: str, style: str = "") -> Line:
    """Return plain text that no markup is read from."""
    return Line(visible(text), style)

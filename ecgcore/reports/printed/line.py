"""Letters as the lines that a person reads: from left to right, from top to bottom, however the page stores them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ecgcore.reports.printed.letter import Edges, Letter

_SAME_LINE = 0.4  # of the height of the smaller of two letters
_SPACE = 0.2  # of the height of a line; what is farther apart is two words
_COLUMN = 2.5  # heights; what is farther apart is two columns, and so two lines
_BACK = 0.5  # heights; what starts so far before the end of the other does not follow it


@dataclass(slots=True)
class _Piece:
    """Letters that follow each other; along is the way one reads, down the way of the lines.

    Args:
        text: they, with spaces.
        start, end: along.
        foot: the line that they stand on, down.
        height: of the largest.
    """

    text: str
    start: float
    end: float
    foot: float
    height: float

    def is_beside(self, other: _Piece) -> bool:
        return abs(self.foot - other.foot) < _SAME_LINE * min(self.height, other.height)

    def follows(self, other: _Piece) -> bool:
        gap = (self.start - other.end) / max(self.height, other.height)
        return self.is_beside(other) and -_BACK < gap < _COLUMN

    def append(self, other: _Piece) -> None:
        apart = other.start - self.end > _SPACE * max(self.height, other.height)
        between = " " if apart and not self.text.endswith(" ") and not other.text.startswith(" ") else ""
        self.text += between + other.text
        self.end = max(self.end, other.end)
        self.height = max(self.height, other.height)


@dataclass(slots=True)
class _Row:
    foot: float
    height: float
    pieces: list[_Piece] = field(default_factory=list)


def text_of(letters: Iterable[Letter]) -> str:
    """Return the lines of the letters, each with a line feed, those of each direction of reading together.

    Letters stand in one line if the lines below them differ by less than 0.4 of their height. A gap of 0.2 heights is
    a space, and one of 2.5 begins a line: it is another column.
    """
    by_turn: dict[int, list[Letter]] = {}
    for letter in letters:
        by_turn.setdefault(letter.writing.turn, []).append(letter)
    return "".join(f"{line}\n" for turn in sorted(by_turn) for line in _lines(by_turn[turn], turn))


def _lines(letters: Sequence[Letter], turn: int) -> list[str]:
    lines = []
    for row in _rows(_pieces(letters, turn)):
        line: _Piece | None = None
        for piece in sorted(row.pieces, key=lambda piece: piece.start):
            if line is not None and piece.follows(line):
                line.append(piece)
            else:
                line = piece
                lines.append(piece)
    return [text for piece in lines if (text := piece.text.strip())]


def _pieces(letters: Sequence[Letter], turn: int) -> list[_Piece]:
    """Join letters that the page writes one after the other, so that what overlaps is not mixed."""
    pieces: list[_Piece] = []
    writing = 0
    for letter in letters:
        piece = _piece(letter, turn)
        if pieces and (letter.writing.key == writing or not letter.is_sign) and piece.follows(pieces[-1]):
            pieces[-1].append(piece)
        else:
            pieces.append(piece)
        writing = letter.writing.key
    return pieces


def _piece(letter: Letter, turn: int) -> _Piece:
    start, top, end, foot = _turned(letter.cell, turn)
    return _Piece(letter.text, start, end, foot, max(foot - top, 1.0))


def _turned(edges: Edges, turn: int) -> Edges:
    """Return start and end along, and top and foot down, of a direction that is ``turn`` quarter turns clockwise."""
    left, top, right, bottom = edges
    return {
        0: (left, top, right, bottom),
        1: (top, -right, bottom, -left),
        2: (-right, -bottom, -left, -top),
        3: (-bottom, left, -top, right),
    }[turn]


def _rows(pieces: Iterable[_Piece]) -> list[_Row]:
    rows: list[_Row] = []
    for piece in sorted(pieces, key=lambda piece: piece.foot):
        row = rows[-1] if rows else None
        if row is None or piece.foot - row.foot >= _SAME_LINE * min(row.height, piece.height):
            row = _Row(piece.foot, piece.height)
            rows.append(row)
        row.pieces.append(piece)
    return rows

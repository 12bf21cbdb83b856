"""A cell that holds what its column cannot: it may be anything, such as who the patient is, and is not repeated.

A table whose columns slipped by one, or a note in the place of a number, puts names, hospital numbers and days of birth
into columns that pages, the ledger and messages show. What is withheld is still in the table of the inbox.
"""

from __future__ import annotations

import re

from ecgcore.cmr.sheet.columns import CellKind, kinds
from ecgcore.cmr.sheet.pattern import parse_pattern
from ecgcore.counted import counted

_ALREADY = re.compile(r"\(withheld: [0-9,]{1,6} characters?\)")  # in a file of ours that came back
_PLACE = "file_name"  # a name must not tell who the patient is; without it nothing can be paired
_WORD = re.compile(r"[^\W\d_]+")
_NUMBERS = re.compile(r"[0-9]+")
_DECIMALS = re.compile(r"(?<=[0-9])\.[0-9]+")
_SIGNS = frozenset(" .,;:+-_/%<>=~()?*#'\"≤≥–")
_MOST_DIGITS = 5  # of one number; hospital numbers have more
_TOKEN = {
    "entry": re.compile(r"Q[0-9a-f]{16}|[0-9]{1,5}"),
    "split": re.compile(r"(?:[a-z0-9]{1,12}_)?(?:train|valid|test|dev|develop|development)", re.IGNORECASE),
    "ecg_format": re.compile(r"[a-z]{1,8}[-_]?[0-9]{0,2}", re.IGNORECASE),
}
_SPOKEN = frozenset(
    _WORD.findall(
        """
        yes no y n true false t f na nan nil none null unknown missing pending not done normal abnormal positive
        negative present absent male female m percent year years yr yrs old new mm ef lvef scar
        formula without a value and or of the non rv lv lge
        jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september
        october november december
        subendocardial transmural both mid wall midwall epicardial patchy diffuse focal insertion point
        ischaemic ischemic
        """
    )
)


def withheld(column: str, text: str) -> str:
    """Return a cell's text; where it holds what its column cannot, only how long it is.

    >>> withheld("lvef", "55 %"), withheld("lvef", "Somchai Jaidee"), withheld("smoke", "12345678")
    ('55 %', '(withheld: 14 characters)', '(withheld: 8 characters)')

    Args:
        column: the table's name of it; that of a hospital number, or of no known column, is left as it is.
        text: of the cell.
    """
    kind = kinds().get(column)
    if kind is None or column == _PLACE or not text.strip() or _is_sayable(column, kind, text.strip()):
        return text
    return f"(withheld: {counted(len(text), 'character')})"


def _is_sayable(column: str, kind: CellKind, text: str) -> bool:
    if _ALREADY.fullmatch(text):
        return True
    if column in _TOKEN:
        return _TOKEN[column].fullmatch(text) is not None
    if kind is CellKind.PATTERN:
        return parse_pattern(text) is not None or _is_plain(text)
    return _is_plain(text) and (kind is CellKind.DAY or not _is_a_day(text))


def _is_plain(text: str) -> bool:
    """Tell whether a text holds nothing but short numbers, signs, and words of the field."""
    words = {word.casefold() for word in _WORD.findall(text)}
    rest = _NUMBERS.sub("", _WORD.sub("", text))
    short = all(len(number) <= _MOST_DIGITS for number in _NUMBERS.findall(_DECIMALS.sub("", text)))
    return words <= _SPOKEN and set(rest) <= _SIGNS and short


def _is_a_day(text: str) -> bool:
    return re.search(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}", text) is not None

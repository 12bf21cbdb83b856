"""One cell of a label table: its text -> a value, or None where it does not parse.

Parsing is strict on purpose. A number has ASCII digits and a point, no unit, no decimal comma, no exponent; a flag is 0
or 1 (a spreadsheet's 0.0 and 1.0 too), never yes or true. What does not parse stays in the row's `raw` text, and a rule
quarantines it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

from ecgcore.cmr.sheet.columns import CellKind
from ecgcore.cmr.sheet.pattern import parse_pattern
from ecgcore.era import common_era
from ecgcore.pseudonym import Pseudonymiser, without_label

MAX_SHOWN = 80  # characters of a value that a page or a message shows

Value = str | int | float | date | None

PSEUDONYM_PREFIX = "pid:"
_MAX_DIGITS = 15  # what a spreadsheet keeps of a number
_PSEUDONYM = re.compile(r"pid:(P[0-9a-f]{20})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_WHOLE = re.compile(r"([+-]?[0-9]{1,9})(?:\.0{1,15})?")
_FLAG = re.compile(r"([01])(?:\.0{1,15})?")
_SPREADSHEET_NUMBER = re.compile(r"([0-9]+)\.0+")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E[+-][0-9]+", re.IGNORECASE)
_FRACTION = re.compile(r"[0-9]*\.[0-9]+")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?")
_SLASHED_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def parse_text(text: str) -> str | None:
    """Return the text without surrounding space; None if nothing is left."""
    return text.strip() or None


def parse_number(text: str) -> float | None:
    """Return a decimal number; None for a unit, a decimal comma, an exponent, nan or inf."""
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def parse_whole(text: str) -> int | None:
    """Return an integer; ``7.0`` is 7, ``7.5`` is None."""
    found = _WHOLE.fullmatch(text.strip())
    return int(found[1]) if found else None


def parse_year(text: str) -> int | None:
    """Return a year of the common era; years above 2400 are Buddhist (2559 is 2016)."""
    year = parse_whole(text)
    return None if year is None else common_era(year)


def parse_flag(text: str) -> int | None:
    """Return 0 or 1; None for anything else."""
    found = _FLAG.fullmatch(text.strip())
    return int(found[1]) if found else None


def parse_day(text: str) -> date | None:
    """Return a day from ``yyyy-mm-dd``, with or without a time, or from an unambiguous ``dd/mm/yyyy``.

    Unambiguous is where the day is above 12 or equals the month. Years above 2400 are Buddhist (2559 is 2016).
    """
    text = text.strip()
    if iso := _ISO_DAY.fullmatch(text):
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    slashed = _SLASHED_DAY.fullmatch(text)
    if slashed is None:
        return None
    day, month = int(slashed[1]), int(slashed[2])
    return _day(int(slashed[3]), month, day) if day > 12 or day == month else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(common_era(year), month, day)
    except ValueError:  # no such day in the calendar; the rule `dates-required` names it
        return None


def patient_of(text: str, pseudonymiser: Pseudonymiser) -> str | None:
    """Return the pseudonym of a hospital number's cell; None if it is empty or cannot be a hospital number.

    A spreadsheet's ``1234567.0`` is 1234567, and leading zeros, which a spreadsheet may have dropped, do not count.
    Digits of any script count as 0 to 9, and HN before the number is its label. ``pid:P...``, as our own quarantine
    file writes it, is taken as that pseudonym. A number in exponent notation has lost digits, and so has one of more
    than 15: None. A text without a digit other than 0 is None.
    """
    text = _ascii_digits(text.strip())
    if own := _PSEUDONYM.fullmatch(text):
        return own[1]
    text = without_label(text)
    if whole := _SPREADSHEET_NUMBER.fullmatch(text):
        text = whole[1] if len(whole[1]) <= _MAX_DIGITS else ""
    if text.lower().startswith(PSEUDONYM_PREFIX) or _SCIENTIFIC.fullmatch(text) or _FRACTION.fullmatch(text):
        return None
    return pseudonymiser.patient_id(text) if re.search("[1-9]", text) else None


def _ascii_digits(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


PARSERS: dict[CellKind, Callable[[str], Value]] = {
    CellKind.TEXT: parse_text,
    CellKind.NUMBER: parse_number,
    CellKind.WHOLE: parse_whole,
    CellKind.YEAR: parse_year,
    CellKind.FLAG: parse_flag,
    CellKind.DAY: parse_day,
    CellKind.PATTERN: parse_pattern,
}


def shown(text: str) -> str:
    """Return a text cut to the length that is shown to people."""
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"

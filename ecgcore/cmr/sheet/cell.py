"""One cell of a label table: its text -> a value, or None where it does not parse.

Parsing is strict on purpose. A number has ASCII digits and a point, no unit, no decimal comma, no exponent; a flag is 0
or 1 (a spreadsheet's 0.0 and 1.0 too), never yes or true. What does not parse stays in the row's `raw` text, and a rule
quarantines it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from ecgcore.cmr.sheet.columns import CellKind
from ecgcore.cmr.sheet.pattern import parse_pattern
from ecgcore.era import common_era
from ecgcore.hospital_number import HospitalNumberForm, NumberFault
from ecgcore.pseudonym import Pseudonymiser

MAX_SHOWN = 80  # characters of a value that a page or a message shows

Value = str | int | float | date | None


class DayText(str):
    """The text of a cell that a workbook holds as a day or a time, not as text."""

    __slots__ = ()


PSEUDONYM_PREFIX = "pid:"
_PSEUDONYM = re.compile(r"pid:(P[0-9a-f]{20})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_WHOLE = re.compile(r"([+-]?[0-9]{1,9})(?:\.0{1,15})?")
_FLAG = re.compile(r"([01])(?:\.0{1,15})?")
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
    """Return the pseudonym of a hospital number's cell; None where :func:`number_fault` has a reason.

    A spreadsheet's ``1234567.0`` is 1234567, and leading zeros, which a spreadsheet may have dropped, do not count.
    Digits of any script count as 0 to 9, and HN before the number is its label. ``pid:P...``, as our own quarantine
    file writes it, is taken as that pseudonym.
    """
    if own := _PSEUDONYM.fullmatch(text.strip()):
        return own[1]
    form = pseudonymiser.form
    return None if number_fault(text, form) else pseudonymiser.patient_id(form.written(text))


def number_fault(text: str, form: HospitalNumberForm) -> NumberFault | None:
    """Return why a hospital number's cell cannot be used; None if it can."""
    if _PSEUDONYM.fullmatch(text.strip()):
        return None
    if isinstance(text, DayText):
        return NumberFault.DAY
    return NumberFault.NOT_THE_FORM if text.lower().startswith(PSEUDONYM_PREFIX) else form.fault(text)


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

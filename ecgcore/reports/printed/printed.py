"""What page 1 says in printed text: the hospital number and the day of the ECG."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ecgcore.pseudonym import normalise_hn
from ecgcore.reports.printed.day import ecg_day
from ecgcore.reports.printed.number import numbers_of, without_numbers


@dataclass(frozen=True)
class Printed:
    """What the page says about itself. Holds an identifier: never log it, never let it leave this package.

    Args:
        hn: the hospital number as printed, or None if there is none or it is ambiguous.
        ecg_date: the day of the ECG, or None if there is none or it is ambiguous.
        ambiguous: the page carries several different hospital numbers.
        hn_uncertain: the page carries a hospital number, but where it ends is not certain.
        possible_dates: the days that the ECG may be of where that is ambiguous, as 3 April and 4 March for 03/04/2018;
            none where they are not known or exclude each other.
        date_uncertain: the page carries dates, but no ``ecg_date``.
    """

    hn: str | None = field(default=None, repr=False)
    ecg_date: date | None = field(default=None, repr=False)
    ambiguous: bool = False
    hn_uncertain: bool = False
    possible_dates: tuple[date, ...] = field(default=(), repr=False)
    date_uncertain: bool = False


def is_named_in(hn: str, path: Path) -> bool:
    """Return whether a file's name or its folder holds a hospital number, whatever stands between its characters."""
    number = normalise_hn(hn)
    return any(number in "".join(c for c in part.upper() if c.isalnum()) for part in path.parts[-2:])


def read_printed(text: str) -> Printed:
    """Find the hospital number and the ECG's day in the text of a page.

    Which numbers count says :func:`ecgcore.reports.printed.number.numbers_of`, which days
    :func:`ecgcore.reports.printed.day.ecg_day`. A day is certain as ISO, with the month's name, or as day/month/year
    if the day is above 12 or equals the month; several different days, or one beside a day not known, are no day.
    """
    plain = _plain(text)
    numbers = numbers_of(plain)
    known = {normalise_hn(number): number for number in numbers.found}
    day = ecg_day(without_numbers(plain))
    only = next(iter(day.possible)) if day.certain else None
    return Printed(
        hn=next(iter(known.values())) if len(known) == 1 and not numbers.uncertain else None,
        ecg_date=only,
        ambiguous=len(known) > 1,
        hn_uncertain=numbers.uncertain and len(known) < 2,
        possible_dates=() if day.certain else tuple(sorted(day.possible)),
        date_uncertain=day.printed and not day.certain,
    )


def _plain(text: str) -> str:
    """NFKC, upper case, digits of any script as 0-9, typographic dashes as hyphens."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(_plain_character(c) for c in folded)


def _plain_character(character: str) -> str:
    if unicodedata.category(character) == "Pd":
        return "-"
    return str(unicodedata.digit(character)) if character.isdecimal() else character

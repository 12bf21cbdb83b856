"""What page 1 says in printed text: the hospital number and the day of the ECG."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ecgcore.era import common_era
from ecgcore.pseudonym import normalise_hn

_GAP = r"[\s.:#=]{0,6}"
_YEAR_OF_NUMBER = r"/(?=\d+(?![0-9A-Z]))"  # 12345/60; what else follows a slash is the sex or the age
_NUMBER = rf"(?P<number>[A-Z]{{0,3}}-?\d(?:[0-9A-Z\-]|{_YEAR_OF_NUMBER}){{2,18}}(?![0-9A-Z]))"
_HN = r"(?:H\.?\s?N(?![A-Z])\.?|HOSPITAL\s+(?:NUMBER|NO\b\.?|NUM\b\.?)|M\.?R\.?N(?![A-Z])\.?)"
_PATIENT_ID = r"(?:PATIENT|PT\.?)\s*(?:ID|NO\.?|NUMBER)\b"
_ID = r"I\.?D\b\.?(?:\s*(?:NO|NUMBER)\b\.?)?"
_LABELS = tuple(re.compile(rf"(?<![A-Z0-9.]){label}{_GAP}{_NUMBER}") for label in (_HN, _PATIENT_ID, _ID))
_BARE = _LABELS[-1]
_LEAST_DIGITS = 4

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: i for i, name in enumerate(_MONTH_NAMES, 1)}
_MONTH = r"(?P<month>" + "|".join(_MONTHS) + r")[A-Z]*\.?"
_DATES = tuple(
    re.compile(rf"(?<![0-9A-Z]){pattern}(?!\d)")
    for pattern in (
        r"(?P<year>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<day>\d{1,2})",
        rf"(?P<day>\d{{1,2}})[-/ ]{_MONTH}[-/ ,]{{1,2}}(?P<year>\d{{4}})",
        rf"{_MONTH}[-/ ](?P<day>\d{{1,2}})[-/ ,]{{1,2}}(?P<year>\d{{4}})",
        r"(?P<day>\d{1,2})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<year>\d{4})",
    )
)
_SHORT_DAY, _SHORT_MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_SHORT_DATES = tuple(  # which of the numbers is the year, and of which century, they do not say
    re.compile(rf"(?<![0-9A-Z])(?<!\d[-/.]){pattern}(?![0-9:]|[-/.]\d)")
    for pattern in (
        rf"{_SHORT_DAY}(?P<sep>[-/.]){_SHORT_MONTH}(?P=sep)\d\d",
        rf"{_SHORT_MONTH}(?P<sep>[-/.]){_SHORT_DAY}(?P=sep)\d\d",
        rf"\d\d(?P<sep>[-/.]){_SHORT_MONTH}(?P=sep){_SHORT_DAY}",
        rf"{_SHORT_DAY}[-/ ]{_MONTH}[-/ ,]{{1,2}}\d\d",
        rf"{_MONTH}[-/ ]{_SHORT_DAY}[-/ ,]{{1,2}}\d\d",
    )
)
_ECG_DAY = re.compile(r"(?:ECG|EKG|RECORD(?:ED|ING)?|ACQUIRED|ACQUISITION|TEST|EXAM)\W*(?:DATE|DAY|ON|TIME)?\W{0,4}$")
_LATER = r"(?:PRINT(?:ED)?|CONFIRMED|REVIEWED|EDITED|REPORTED)"
_OTHER_DAY = re.compile(rf"(?:BIRTH|D\.?O\.?B\.?|BORN|{_LATER})\W*(?:DATE|DAY|ON|BY)?\W{{0,4}}$")
_TIME = r"T?[ \t]*\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \t]*[AP]M)?"
_LATER_DAY = re.compile(rf"[ \t]*(?:{_TIME})?[ \t,;()-]*{_LATER}\b")
_CONTEXT = 30  # characters before a date
_FIRST_YEAR, _LAST_YEAR = 1950, 2100


@dataclass(frozen=True)
class Printed:
    """What the page says about itself. Holds an identifier: never log it, never let it leave this package.

    Args:
        hn: the hospital number as printed, or None if there is none or it is ambiguous.
        ecg_date: the day of the ECG, or None if there is none or it is ambiguous.
        ambiguous: the page carries several different hospital numbers.
    """

    hn: str | None = field(default=None, repr=False)
    ecg_date: date | None = field(default=None, repr=False)
    ambiguous: bool = False


def is_named_in(hn: str, path: Path) -> bool:
    """Return whether a file's name or its folder holds a hospital number, whatever stands between its characters."""
    number = normalise_hn(hn)
    return any(number in "".join(c for c in part.upper() if c.isalnum()) for part in path.parts[-2:])


def read_printed(text: str) -> Printed:
    """Find the hospital number and the ECG's day in the text of a page.

    A number needs a label (HN, H.N., Hospital No, MRN; else Patient ID; else an ID that no other word of its line
    precedes) and at least four digits; it ends at a slash unless a year follows, as in 12345/60. Days are ISO,
    day-month-year with the month's name, or day/month/year if the day is above 12 or equals the month. Other numeric
    days, because the page does not say which is the month, and those with two digits of their year are days that are
    not known. Years above 2400 are Buddhist (minus 543). A day called birth, printed or confirmed is ignored, and one
    called ECG or recorded outweighs the others; several different days, or one beside a day not known, are no day.
    """
    plain = _plain(text)
    numbers = _numbers(plain)
    hn = next(iter(numbers.values())) if len(numbers) == 1 else None
    return Printed(hn, _ecg_day(_without_numbers(plain)), len(numbers) > 1)


def _plain(text: str) -> str:
    """NFKC, upper case, digits of any script as 0-9, typographic dashes as hyphens."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(_plain_character(c) for c in folded)


def _plain_character(character: str) -> str:
    if unicodedata.category(character) == "Pd":
        return "-"
    return str(unicodedata.digit(character)) if character.isdecimal() else character


def _numbers(plain: str) -> dict[str, str]:
    """Return the numbers of the strongest label that has any, by their normalised form."""
    for label in _LABELS:
        found = [m["number"].rstrip("-/") for m in label.finditer(plain) if label is not _BARE or _is_alone(m)]
        found = [n for n in found if sum(c.isdigit() for c in n) >= _LEAST_DIGITS and not _is_date(n)]
        if found:
            return {normalise_hn(n): n for n in found}
    return {}


def _is_alone(label: re.Match[str]) -> bool:
    """Tell whether no word precedes a label on its line, which might say that the number is a device's or a nurse's."""
    before = re.split(r"[\r\n]", label.string[: label.start()])[-1]
    return not any(character.isalpha() for character in before)


def _is_date(number: str) -> bool:
    return any(pattern.fullmatch(number) for pattern in _DATES)


def _without_numbers(plain: str) -> str:
    """Drop hospital numbers, so that none is taken for a day."""
    for label in _LABELS:
        plain = label.sub(_keep_date, plain)
    return plain


def _keep_date(match: re.Match[str]) -> str:
    return match[0] if _is_date(match["number"]) else " "


def _ecg_day(plain: str) -> date | None:
    named, others = set(), set()
    for day, before, later in _in_context(plain):
        if _ECG_DAY.search(before):
            named.add(day)
        elif not later and not _OTHER_DAY.search(before):
            others.add(day)
    days = named or others
    return days.pop() if len(days) == 1 else None


def _in_context(plain: str) -> Iterator[tuple[date | None, str, bool]]:
    """Yield each day, the text before it, and whether its line says after it that this is the day of something later.

    A word between two dates of a line belongs to the second; one after a date is none of the next line's.
    """
    dates = sorted(_dates(plain), key=lambda found: found[1].start)
    taken = 0
    for day, place in dates:
        before = plain[max(taken, place.start - _CONTEXT) : place.start]
        rest = re.split(r"[\r\n]", plain[place.stop :])[0]
        followed = any(place.stop <= other.start < place.stop + len(rest) for _, other in dates)
        later = None if followed else _LATER_DAY.match(rest)
        if later:
            taken = place.stop + later.end()
        yield day, before, later is not None


def _dates(plain: str) -> Iterator[tuple[date | None, slice]]:
    """Yield each day and where it stands; None for what may be a day of these times, but cannot be read."""
    for pattern in _DATES:
        for match in pattern.finditer(plain):
            if _FIRST_YEAR <= common_era(int(match["year"])) <= _LAST_YEAR:
                day = _day(match.groupdict(), unclear_order=pattern is _DATES[-1])
                yield day, slice(*match.span())
    for pattern in _SHORT_DATES:
        for match in pattern.finditer(plain):
            yield None, slice(*match.span())


def _day(parts: dict[str, str], unclear_order: bool) -> date | None:
    year, day = common_era(int(parts["year"])), int(parts["day"])
    month = _MONTHS[parts["month"]] if "month" in parts else int(parts["m"])
    if unclear_order and day <= 12 and day != month:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None

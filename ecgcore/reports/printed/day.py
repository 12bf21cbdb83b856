"""The day of the ECG, from the dates of a page's text and the words around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ecgcore.era import common_era

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH_NUMBERS = {name: i for i, name in enumerate(_MONTH_NAMES, 1)}
_MONTH = r"(?P<month>" + "|".join(_MONTH_NUMBERS) + r")[A-Z]*\.?"
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
_MONTHS_OF_A_YEAR = 12
_FIRST_YEAR, _LAST_YEAR = 1950, 2100


@dataclass(frozen=True)
class EcgDay:
    """What the dates of a page say.

    Args:
        possible: the days that the ECG may be of; none where no date is one, or where they exclude each other.
        certain: there is exactly one, and nothing else that a date of the page may mean.
        printed: the page has a date that may be the ECG's.
    """

    possible: frozenset[date]
    certain: bool
    printed: bool


@dataclass(frozen=True)
class _Days:
    """The days that a printed date may mean, and whether it can mean only one."""

    possible: frozenset[date]
    certain: bool


def ecg_day(plain: str) -> EcgDay:
    """Find the day of the ECG in a text in upper case, digits as 0-9.

    Days are ISO, day-month-year with the month's name, or numbers whose day and month may change places; those with two
    digits of their year are days that are not known. Years above 2400 are Buddhist (minus 543). A day called birth,
    printed or confirmed is ignored, and one called ECG or recorded outweighs the others.
    """
    named, others = set(), set()
    for days, before, later in _in_context(plain):
        if _ECG_DAY.search(before):
            named.add(days)
        elif not later and not _OTHER_DAY.search(before):
            others.add(days)
    found = named or others
    common = frozenset.intersection(*(days.possible for days in found)) if found else frozenset()
    certain = len(common) == 1 and any(days.certain for days in found)
    return EcgDay(common, certain, bool(found))


def _in_context(plain: str) -> Iterator[tuple[_Days, str, bool]]:
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


def _dates(plain: str) -> Iterator[tuple[_Days, slice]]:
    """Yield what each date may mean and where it stands; no day for what may be one of these times, but is not read."""
    for pattern in _DATES:
        for match in pattern.finditer(plain):
            if _FIRST_YEAR <= common_era(int(match["year"])) <= _LAST_YEAR:
                yield _days(match.groupdict(), unclear_order=pattern is _DATES[-1]), slice(*match.span())
    for pattern in _SHORT_DATES:
        for match in pattern.finditer(plain):
            yield _Days(frozenset(), certain=False), slice(*match.span())


def _days(parts: dict[str, str], unclear_order: bool) -> _Days:
    """Return the days of a date: two where day and month may change places, and none that is sure."""
    year, day = common_era(int(parts["year"])), int(parts["day"])
    month = _MONTH_NUMBERS[parts["month"]] if "month" in parts else int(parts["m"])
    first = _days_of(year, month, day)
    if not unclear_order or day == month or day > _MONTHS_OF_A_YEAR:
        return _Days(first, certain=bool(first))
    return _Days(first | _days_of(year, day, month), certain=False)


def _days_of(year: int, month: int, day: int) -> frozenset[date]:
    try:
        return frozenset((date(year, month, day),))
    except ValueError:
        return frozenset()


def is_date(number: str) -> bool:
    """Tell whether a whole text is a date."""
    return any(pattern.fullmatch(number) for pattern in _DATES)

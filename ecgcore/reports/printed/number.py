"""The hospital numbers in a page's text: what stands behind a label, as far as it is the number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ecgcore.reports.printed.day import is_date

_GAP = r"[\s.:;#=*_(\[<-]{0,6}"
_NO = r"(?:NO\b\.?|NUM\b\.?|NUMBER\b|ID\b)"
_HN = rf"(?:H[./]?\s?N(?![A-Z])\.?(?:\s*{_NO})?|HOSPITAL\s+{_NO}|M\.?R\.?N(?![A-Z])\.?(?:\s*{_NO})?)"
_THAI = unicodedata.normalize("NFKC", "(?:เลขประจำตัว(?:ผู้ป่วย)?|เลขที่(?:โรงพยาบาล|ผู้ป่วย)|เลขโรงพยาบาล)")
_PATIENT_ID = rf"(?:PATIENT|PT\.?)(?:'?S)?\s*{_NO}"
_ID = r"I\.?D\b\.?(?:\s*(?:NO|NUMBER)\b\.?)?"
_LABELS = tuple(re.compile(rf"(?<![A-Z0-9.])(?:{label}){_GAP}") for label in (rf"{_HN}|{_THAI}", _PATIENT_ID, _ID))
_BARE = _LABELS[-1]

_YEAR = r"/(?=\d+(?![0-9A-Z]))"  # 12345/60; what else follows a slash is the sex or the age
_NUMBER = re.compile(rf"[A-Z]{{0,4}}-?\d(?:[0-9A-Z-]|{_YEAR}){{0,18}}(?![0-9A-Z])")
_SEX_OR_AGE = re.compile(
    r"(?P<number>.*\d)(?:[-/]?(?:FEMALE|MALE|[MF])(?:[-/]?\d{1,3}(?:Y(?:RS?|EARS?|O)?)?)?|[-/]\d{1,3}Y(?:RS?|EARS?|O)?)$"
)
_MONTH = r"(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_UNIT = r"(?:Y(?:R|EARS?|O)?|M|F|MALE|FEMALE|BPM|MM|MS|HZ|KG|CM)"
_GROUP = re.compile(
    rf" {{1,2}}(?P<digits>(?!\d{{1,3}}\s*{_UNIT}\b)\d{{1,6}})(?![0-9A-Z%]|[-/:.,]\d|/MIN|[- /]+{_MONTH})"
)
_GOES_ON = re.compile(r"[.,+&'\u2019_]\d")
_DIGITS_NEAR = re.compile(r"[^\r\n\d]{0,8}\d{4}")
_LEAST_DIGITS = 4
_WHOLE_DIGITS = 6  # a group of so many stands alone; of fewer it may be a part of the number


@dataclass(frozen=True)
class Numbers:
    """Args:
    found: each as printed.
    uncertain: a label stands before digits of which it is not clear which are the number.
    """

    found: tuple[str, ...] = ()
    uncertain: bool = False


@dataclass(frozen=True)
class _Place:
    """A number and where it stands with its label; None where it cannot be told what the number is."""

    number: str | None
    start: int
    stop: int


def numbers_of(plain: str) -> Numbers:
    """Return the hospital numbers of the strongest label that has any: HN; Patient ID; ID that begins a line.

    A number has at least four digits. It ends at a slash unless a year follows, as in 12345/60, and before the sex or
    the age: 7654321M60. Groups of digits with a space between are one number if the first alone has fewer than six,
    and the next three or more: 1234 5678. With fewer it may be the age, and the number is uncertain.

    Args:
        plain: text in upper case, digits as 0-9.
    """
    for label in _LABELS:
        places = list(_places(plain, label))
        if places:
            found = tuple(place.number for place in places if place.number is not None)
            return Numbers(found, uncertain=len(found) < len(places))
    return Numbers()


def without_numbers(plain: str) -> str:
    """Drop hospital numbers, so that none is taken for a day."""
    for label in _LABELS:
        for place in reversed(list(_places(plain, label))):
            plain = f"{plain[: place.start]} {plain[place.stop :]}"
    return plain


def _places(plain: str, label: re.Pattern[str]) -> Iterator[_Place]:
    for match in label.finditer(plain):
        if label is _BARE and not _is_alone(match):
            continue
        number = _NUMBER.match(plain, match.end())
        written, stop = _whole(plain, number) if number else (None, match.end())
        if written is None and not _is_cut_off(match, number is None):
            continue
        if written is not None and (_digits(written) < _LEAST_DIGITS or is_date(written)):
            continue
        yield _Place(written, match.start(), stop)


def _is_cut_off(label: re.Match[str], nothing_read: bool) -> bool:
    """Tell whether what stands behind a label, in its line, must be a number, though not which."""
    same_line = not re.search(r"[\r\n]", label[0])
    return same_line and (
        not nothing_read or (label.re is not _BARE and bool(_DIGITS_NEAR.match(label.string, label.end())))
    )


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _whole(plain: str, match: re.Match[str]) -> tuple[str | None, int]:
    """Return a number with the groups that belong to it, and where it ends; None if that is not certain."""
    number, stop = match[0].rstrip("-/"), match.end()
    if is_date(number):
        return number, stop
    if (aside := _SEX_OR_AGE.match(number)) and _digits(aside["number"]) >= _LEAST_DIGITS:
        return aside["number"], stop
    digits = _digits(number)
    while "/" not in number and digits < _WHOLE_DIGITS and (group := _GROUP.match(plain, stop)):
        if digits >= _LEAST_DIGITS and len(group["digits"]) < _LEAST_DIGITS - 1:
            return None, stop
        number, stop, digits = f"{number} {group['digits']}", group.end(), digits + len(group["digits"])
    return (None if _GOES_ON.match(plain, stop) else number), stop


def _is_alone(label: re.Match[str]) -> bool:
    """Tell whether no word precedes a label on its line, which might say that the number is a device's or a nurse's."""
    before = re.split(r"[\r\n]", label.string[: label.start()])[-1]
    return not any(character.isalpha() for character in before)

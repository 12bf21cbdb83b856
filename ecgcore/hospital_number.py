"""The form of a hospital number, wherever one is written: in a table's cell or on a page.

Any text with a digit was taken for a number once, so that ``1234567 (old 998)`` was another patient than ``1234567``,
and one patient stood in training and in test. So a number has a declared form, :data:`DEFAULT_PATTERN` unless the
setting ``ECG_HN_PATTERN`` gives the hospital's own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ecgcore.errors import SettingsError

SETTING = "ECG_HN_PATTERN"
MOST_CHARACTERS = 64  # of a cell that may be a number; what is longer is not matched at all

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = rf"(?:{'|'.join(MONTHS)})[A-Z]*"
_DAY_OR_MONTH = r"(?:0?[1-9]|[12]\d|3[01])"
_CENTURY = r"(?:19|20|2[456])"  # of either era
_DAY = rf"\d{{4}}-{_DAY_OR_MONTH}-{_DAY_OR_MONTH}|{_DAY_OR_MONTH}-{_DAY_OR_MONTH}-{_CENTURY}\d\d"
_OF_A_VISIT = r"(?:AN|VN|XN)"  # admission, visit, X-ray
_NOT_KNOWN = r"(?:NA|NIL|NONE|OLD|NEW|REF|ROW|TBA|TBD|TEMP?|TMP|UNK|XX+)"
_GROUPS = r"\d+(?:[ -]\d+)*"
_BESIDE_SLASH = r"\d{1,4}"  # a year, a branch or a check digit
_WITHOUT_LETTERS = rf"{_GROUPS}(?:/{_BESIDE_SLASH})?|{_BESIDE_SLASH}/{_GROUPS}"

DEFAULT_PATTERN = (
    r"(?!(?:\D*\d){21})"  # at most twenty digits
    r"(?!.*\d{6} \d)(?!.*\d{5} \d{5})(?!.*\d{6}-(?:.*\d)?\d{6})(?!.*\d{5}/.*\d{5})"  # not two numbers
    rf"(?!(?:{_DAY})$)(?!{_MONTH}[ -]?\d)"  # no day, which a spreadsheet makes of 12-5678
    rf"(?!(?:{_OF_A_VISIT}|{_NOT_KNOWN})(?![A-Z]))"
    r"(?:"
    rf"{_WITHOUT_LETTERS}"
    rf"|(?:[A-Z]{{1,2}}[ .]?|[A-Z]{{1,4}}-?)(?=(?:\D*\d){{3}})(?:{_WITHOUT_LETTERS})"  # A-12345, RAMA12345
    rf"|(?=(?:\D*\d){{4}})(?:{_WITHOUT_LETTERS})-?[A-Z]"  # 12345-A
    r"|\d{1,4}-?(?:[A-DF-Z]|[A-Z]{2})-?\d{3,}"  # 60A12345
    r"|\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3}){2,}"  # 1,234,567 of a spreadsheet
    r")"
)
"""What a number is, without its label: digits in groups with single spaces or hyphens, perhaps with a year or branch
before or behind a slash, perhaps with letters before them, one behind them, or one or two within."""

_LABEL = re.compile(
    unicodedata.normalize(
        "NFKC",
        r"[\W_]*(?:(?:H[\W_]*N"
        r"|(?:M[\W_]*R[\W_]*N|HOSPITAL[\W_]*(?:NUMBER|NUM|NO)|(?:PATIENT|PT)[\W_]*(?:ID|NO|NUMBER)|NUMBER|NO|ID)(?![A-Z])"
        r"|เลขประจำตัว(?:ผู้ป่วย)?|เลขที่(?:โรงพยาบาล)?)[\W_]*)+",
    ),
    re.IGNORECASE,
)
_AROUND = " .,;:#*'\"`_=()[]"
_SPREADSHEET_NUMBER = re.compile(r"(?<![\d.,])(\d{1,15})\.0+$")  # of more digits it has kept fifteen
_SLASHES = str.maketrans("\N{FRACTION SLASH}\N{DIVISION SLASH}\N{BIG SOLIDUS}\\", "////")
_LONG_YEAR_LAST = re.compile(rf"([^/]*\d[^/]*/){_CENTURY}(\d\d)")
_LONG_YEAR_FIRST = re.compile(rf"{_CENTURY}(\d\d)(/(?!\d\d$)[^/]*\d[^/]*)")  # 2560/61 is number 2560 of a year


class NumberFault(StrEnum):
    """Why a text is no hospital number, in words that name no patient."""

    EMPTY = "empty"
    TWO_NUMBERS = "more than one number in one cell"
    DAY = "a day or a time, which a spreadsheet makes of a number such as 12-5678"
    YES_OR_NO = "a yes or no"
    ERROR = "an error of the spreadsheet"
    FORMULA = "a formula without a value"
    FRACTION = "a number with a fraction"
    LOST_DIGITS = "a number that has lost digits"
    OTHER_NUMBER = "the number of a visit or admission, not of the patient"
    NO_NUMBER = "no number"
    NOT_THE_FORM = "a text that has not the form of a hospital number"


def folded(text: str) -> str:
    """Return a text with its spellings made one.

    NFKC, upper case, digits of any script as 0-9, one kind of hyphen and slash without spaces around them, single
    spaces, nothing invisible. A line break stays: what stands behind it may be another number.
    """
    visible = text if text.isascii() else _in_plain_characters(unicodedata.normalize("NFKC", text))
    spaced = re.sub(r"[^\S\n]+", " ", re.sub(r"[\r\n\v\f\x85\u2028\u2029]+", "\n", visible.strip()).translate(_SLASHES))
    return re.sub(r" ?([-/]) ?", r"\1", spaced).upper()


def _in_plain_characters(text: str) -> str:
    return "".join(_character(c) for c in text if unicodedata.category(c) != "Cf")


def _character(character: str) -> str:
    if unicodedata.category(character) == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def without_label(hn: str) -> str:
    """Return a hospital number without what says that it is one, however it is written: ``H.N. 123`` is 123."""
    label = _LABEL.match(hn)
    return hn[label.end() :] if label else hn


def with_short_year(number: str) -> str:
    """Return a folded number with the last two digits of its year: ``7654323/2560`` is ``7654323/60``."""
    if last := _LONG_YEAR_LAST.fullmatch(number):
        return last[1] + last[2]
    first = _LONG_YEAR_FIRST.fullmatch(number)
    return first[1] + first[2] if first else number


@dataclass(frozen=True)
class HospitalNumberForm:
    """The form that a hospital's numbers have. Safe to pickle to worker processes.

    Args:
        pattern: regular expression that a whole number matches, with or without its label, in upper case and as
            :func:`folded` writes it.

    Raises:
        SettingsError: the pattern is no regular expression, or takes an empty text for a number.
    """

    pattern: str = DEFAULT_PATTERN

    def __post_init__(self) -> None:
        example = r"give one such as `\d{7}` or `\d{1,6}/\d{2}`, or leave it out"
        try:
            empty = _compiled(self.pattern).fullmatch("")
        except (re.error, RecursionError, OverflowError) as e:
            raise SettingsError(SETTING, f"is not a regular expression ({e})", example) from e
        if empty:
            raise SettingsError(SETTING, "takes an empty text for a hospital number", example)

    def fault(self, text: str) -> NumberFault | None:
        """Return why a text is no hospital number; None if it is one."""
        written = self.written(text)
        number = _bare(written)
        if not number or not any(c.isalnum() for c in number):
            return NumberFault.EMPTY
        if len(written) <= MOST_CHARACTERS and any(map(_compiled(self.pattern).fullmatch, (number, written))):
            return None if re.search("[1-9]", number) else NumberFault.NO_NUMBER
        return _why_not(written, number)

    def admits(self, text: str) -> bool:
        """Tell whether a text is a hospital number."""
        return self.fault(text) is None

    def written(self, text: str) -> str:
        """Return a text folded; a spreadsheet's ``1234567.0`` is ``1234567``."""
        return _SPREADSHEET_NUMBER.sub(r"\1", folded(text))


def _bare(written: str) -> str:
    return without_label(written).strip(_AROUND)


@lru_cache(maxsize=16)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_TIME_OR_DAY = (
    rf"\d:\d\d|(?<!\d){_DAY_OR_MONTH}/{_DAY_OR_MONTH}/\d{{2,4}}(?!\d)|(?<![A-Z]){_MONTH}[ -]?\d|\d[ -]?{_MONTH}"
)
_REASONS = tuple(
    (fault, re.compile(pattern))
    for fault, pattern in (
        (NumberFault.FORMULA, r"\(FORMULA WITHOUT A VALUE\)"),
        (NumberFault.ERROR, r"^#[^\W\d]+(?:/(?:A|0))?[!?]?|^#N/A"),
        (NumberFault.YES_OR_NO, r"^(?:TRUE|FALSE|YES|NO|Y|N)$"),
        (NumberFault.LOST_DIGITS, r"^\d(?:\.\d+)?E[+-]?\d+$|^\d{16,}\.0+$"),
        (NumberFault.FRACTION, r"^-?\d*(?:\.\d+|,\d{1,2})$"),
        (NumberFault.DAY, rf"^(?:{_DAY})$|{_TIME_OR_DAY}"),
        (NumberFault.TWO_NUMBERS, r"\d{3}.*[^\dA-Z-].*\d{3}|\d{6}-(?:.*\d)?\d{6}"),
        (NumberFault.OTHER_NUMBER, rf"^{_OF_A_VISIT}(?![A-Z])"),
    )
)


def _why_not(written: str, number: str) -> NumberFault:
    """Return the first reason that a text of another form gives; what follows a line break is another number."""
    text = written[: 4 * MOST_CHARACTERS].replace("\n", " / ")
    bare = number[: 4 * MOST_CHARACTERS].replace("\n", " / ")
    found = (fault for fault, pattern in _REASONS if pattern.search(bare) or pattern.search(text))
    return next(found, NumberFault.NOT_THE_FORM if re.search("[1-9]", bare) else NumberFault.NO_NUMBER)

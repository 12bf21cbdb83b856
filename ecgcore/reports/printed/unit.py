"""Units of length, time and voltage in the words that machines print, and how one stands over another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

_FRACTION = "\N{FRACTION SLASH}"  # NFKC writes one half as 1, this, 2
_SIGNS = str.maketrans({"\N{DIVISION SLASH}": "/", "\N{DIVISION SIGN}": "/", "\N{MULTIPLICATION SIGN}": "x",
                        "\N{MINUS SIGN}": "-", "\N{ARABIC DECIMAL SEPARATOR}": ".", "\N{RATIO}": ":",
                        "\N{DOT OPERATOR}": "*", "\N{MIDDLE DOT}": "*", "\N{BULLET}": "*",
                        "\N{GREEK SMALL LETTER MU}": "u",
                        "\N{IDEOGRAPHIC COMMA}": ","})  # fmt: skip

LENGTHS = {
    1.0: ("mm", "millimeter", "millimeters", "millimetre", "millimetres", "milimetro", "milimetros", "millimetro",
          "millimetri", "milimetre", "milimetr", "มม", "มิลลิเมตร", "มิลลิเมตร์", "мм", "миллиметр", "миллиметров",
          "毫米", "公厘", "ミリ", "밀리미터"),
    10.0: ("cm", "centimeter", "centimeters", "centimetre", "centimetres", "zentimeter", "centimetro", "centimetros",
           "santimetre", "ซม", "เซนติเมตร", "см", "сантиметр", "厘米"),
    25.4: ("inch", "inches"),
}  # fmt: skip
TIMES = {
    1.0: ("s", "sec", "secs", "second", "seconds", "seg", "segs", "segundo", "segundos", "sek", "sekunde", "sekunden",
          "seconde", "secondes", "secondo", "secondi", "sn", "saniye", "sekund", "sekunda", "วินาที", "วิ", "с", "сек",
          "секунда", "секунду", "секунд", "秒", "초"),
    60.0: ("min", "mins", "minute", "minutes", "minuto", "minutos", "นาที", "мин"),
}  # fmt: skip
SHORT_TIMES = {
    0.001: ("ms", "msec", "millisecond", "milliseconds", "millisekunde", "milisegundo", "мс", "มิลลิวินาที", "毫秒")
}
VOLTAGES = {
    1.0: ("mv", "millivolt", "millivolts", "milivoltio", "milivoltios", "milivolt", "milivolts", "มิลลิโวลต์",
          "มิลลิโวลท์", "มว", "мв", "милливольт", "毫伏", "ミリボルト"),
    0.001: ("uv", "microvolt", "microvolts", "mikrovolt", "мкв", "ไมโครโวลต์", "微伏"),
}  # fmt: skip
_PER = ("per", "pro", "por", "par", "je", "ต่อ", "на", "在每", "每", "for each", "for every")


def plain(text: str) -> str:
    """Return a text in one spelling: NFKC, small letters without accents, digits of any script as 0-9, no invisible
    characters; a fraction sign becomes its number in decimals.
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_SIGNS)
    digits = "".join(_plain_character(c) for c in _without_accents(folded))
    return re.sub(rf"(?<!\d)(\d{{1,4}}){_FRACTION}(\d{{1,4}})", _decimal, digits)


def _without_accents(text: str) -> str:
    """Drop the marks of Latin letters only: other scripts need theirs."""
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for i, c in enumerate(parts) if not _is_latin_mark(parts, i)))


def _is_latin_mark(text: str, place: int) -> bool:
    """Tell whether a character is a mark on a Latin letter."""
    if not "\u0300" <= text[place] <= "\u036f":
        return False
    before = text[:place].rstrip("".join(map(chr, range(0x300, 0x370))))
    return bool(before) and before[-1] < "\u0250"


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    return str(unicodedata.digit(character)) if character.isdecimal() else character


def _decimal(fraction: re.Match[str]) -> str:
    over, under = int(fraction[1]), int(fraction[2])
    return f"{over / under:g}" if under else fraction[0]


def pattern_of(units: Mapping[float, Iterable[str]]) -> str:
    """Return a regular expression for any of the units, as they stand in a plain text; the longest first."""
    words = sorted({plain(word) for names in units.values() for word in names}, key=len, reverse=True)
    return "(?:" + "|".join(_word(word) for word in words) + ")"


def _word(word: str) -> str:
    """Latin, Greek and Cyrillic words end where no letter follows; other scripts write words together."""
    return re.escape(word) + (r"(?![^\W\d_])" if word[-1] < "\u0530" else "")


@cache
def _sizes() -> dict[str, float]:
    tables = (LENGTHS, TIMES, SHORT_TIMES, VOLTAGES)
    return {plain(name): size for units in tables for size, names in units.items() for name in names}


def size_of(word: str) -> float:
    """Return what a unit, as it stands in a plain text, is in the first of its kind: mm, s, mV."""
    return _sizes()[word]


PER = (
    r"\.?\s{0,3}(?:/|"
    + "|".join(rf"\b{plain(word)}\b" if word.isascii() else plain(word) for word in _PER)
    + r")\s{0,3}"
)
EQUALS = r"\.?\s{0,3}[=:\u2245\u2248\u2259]\s{0,3}"

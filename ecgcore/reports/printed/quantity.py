"""Paper speeds and gains in the text of a page: numbers with their units, in whatever words and order they stand.

A speed is a length over a time (25 mm/s, 2.5 cm per second, 40 ms/mm), a gain a length over a voltage or a voltage over
a length (10 mm/mV, 1 mV = 10 mm, 0.1 mV/mm), a length or a setting behind its name (Chest 5), or a multiple (x1/2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ecgcore.reports.printed.offer import is_offer
from ecgcore.reports.printed.unit import (
    EQUALS,
    LENGTHS,
    PER,
    SHORT_TIMES,
    TIMES,
    VOLTAGES,
    pattern_of,
    plain,
    size_of,
)

_USUAL_GAIN = 10.0  # mm/mV; what a multiple multiplies
_SETTINGS = frozenset({1.25, 2.5, 5.0, 6.25, 10.0, 12.5, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0, 200.0})
_LARGEST_MULTIPLE = 4.0  # a larger number behind the word gain is one of mm/mV
_SEVERAL = 3  # so many different numbers in one list are what a machine offers
_LETTER = r"[^\W\d_]"

_NUMBER = r"(?:\d{1,4}(?:[.,]\d{1,3})?|[.,]\d{1,3})"
_COMMA = r"\s{0,3}(?:[,;|]|\bor\b|\band\b|\boder\b|\bund\b|\bou\b|\bet\b|และ|หรือ)\s{0,3}"
_TO = r"\s{0,3}(?:-|\.{2,3}|~|\bto\b|\bbis\b|ถึง)\s{0,3}"
_BETWEEN = rf"(?:\s{{0,3}}[/+&]\s{{0,3}}|{_COMMA}|{_TO})"
_LIST = re.compile(rf"(?<![\d.,/]){_NUMBER}(?:{_BETWEEN}{_NUMBER}){{0,9}}(?!\d)")
_EACH = re.compile(_NUMBER)
_TIGHT = re.compile(r"[/+&]")  # joins numbers of one quantity; a comma may also stand between two
_OR = re.compile(r"\b(?:or|oder|ou|to|bis)\b|หรือ|ถึง")
_OF = rf"(?:{PER}(?P<per>{_NUMBER})?\s{{0,3}}|{EQUALS}(?P<equals>{_NUMBER})\s{{0,3}})"
_POWER = r"\s{0,2}\^?\s?-\s?1(?!\d)"
_NO_RATIO = rf"(?!{PER}(?:{_NUMBER}\s{{0,3}})?(?:{pattern_of(TIMES)}|{pattern_of(VOLTAGES)})|{EQUALS}\d)"
_BLANK = r"[^\S\n]"  # what stands on the next line belongs to something else
_NO_UNIT = rf"(?!{_BLANK}{{0,3}}(?:{_LETTER}|[/%:^])|[\d.,]*\d)"
_GAP = rf"{_BLANK}{{0,3}}-?{_BLANK}{{0,2}}"

_SPEED_WORD = (
    "speed|vorschub|geschwindigkeit|velocidad|velocidade|velocita|vitesse|snelheid|hizi?|скорость|ความเร็ว|纸速|走纸速度"
)
_GAIN_WORD = (
    "gain|sensitivity|sens|std|standardi[sz]ation|calibration|cal|verstarkung|empfindlichkeit|ganancia|sensibilidad|ganho|"
    "sensibilidade|guadagno|sensibilita|sensibilite|kazanc|чувствительность|усиление|อัตราขยาย|ความไว|增益|灵敏度"
)
_GROUP_WORD = (
    r"limbs?|chest|extremit\w{1,12}|ext|precordial\w{0,3}|prec|thora\w{1,8}|brust\w{0,16}|wilson|extr|peripheral|"
    r"v1\s{0,2}-\s{0,2}v?6|i\s{0,2}-\s{0,2}avf|แขนขา|หน้าอก|ทรวงอก"
)
_NAMED = re.compile(
    rf"(?<!{_LETTER})(?:(?P<speed>{_SPEED_WORD})|(?P<gain>{_GAIN_WORD})|(?P<group>{_GROUP_WORD}))"
    r"(?:\s{0,3}(?:leads?|gain|ableitungen|derivaciones))?\s{0,3}[=:]?\s{0,3}(?=[\d.,x*])"
)
_OVER = r"(?P<over>\d{1,2}(?:[.,]\d{1,3})?)(?:\s?/\s?(?P<under>\d{1,2}))?"
_NO_MORE = rf"(?!{_BLANK}{{0,3}}(?:(?!x(?!{_LETTER})){_LETTER}|[/%^])|[\d.,/]*\d)"
_MULTIPLE = re.compile(rf"[x*]?\s{{0,2}}{_OVER}(?:\s{{0,2}}[x*](?!{_LETTER}))?{_NO_MORE}")
_BARE_MULTIPLE = re.compile(
    rf"(?<![^\W_])[x*]\s{{0,2}}{_OVER}{_NO_MORE}|(?<![\d.,/])(?P<times>\d{{1,2}}){_BLANK}{{0,2}}x(?!{_BLANK}{{0,2}}[^\W_])"
)
_LENGTH = f"(?P<length>{pattern_of(LENGTHS)})"


class Kind(StrEnum):
    """What a quantity tells; the value is the unit of its numbers."""

    SPEED = "mm/s"
    GAIN = "mm/mV"


@dataclass(frozen=True)
class Quantity:
    """One statement: one number, or several for several groups of leads, in the unit of its kind."""

    kind: Kind
    values: tuple[float, ...]


@dataclass(frozen=True)
class _Form:
    """What may follow a number, so that both are a quantity; ``inverse`` if the length stands below, as in mV/mm."""

    kind: Kind
    behind: re.Pattern[str]
    inverse: bool = False


def _forms() -> Iterator[_Form]:
    short = f"{pattern_of(SHORT_TIMES)}|{pattern_of(TIMES)}"
    for kind, below, above in (
        (Kind.SPEED, pattern_of(TIMES), short),
        (Kind.GAIN, pattern_of(VOLTAGES), pattern_of(VOLTAGES)),
    ):
        other = f"(?P<other>{below})"
        yield _Form(kind, re.compile(rf"{_GAP}{_LENGTH}{_OF}{other}"))
        yield _Form(kind, re.compile(rf"{_GAP}{_LENGTH}[\s*.]{{0,3}}{other}{_POWER}"))
        yield _Form(kind, re.compile(rf"{_GAP}(?P<other>{above}){_OF}{_LENGTH}{_NO_RATIO}"), inverse=True)
    yield _Form(Kind.SPEED, re.compile(rf"{_GAP}mmps(?!{_LETTER})"))


_FORMS = tuple(_forms())
_ANY_UNIT = re.compile(
    rf"{_GAP}(?:mmps|{'|'.join(pattern_of(units) for units in (LENGTHS, SHORT_TIMES, TIMES, VOLTAGES))})"
)
_UNIT_FIRST = re.compile(
    rf"(?<!\d)(?<!\d{_BLANK})(?<!{_LETTER}){_LENGTH}{PER}(?:(?P<time>{pattern_of(TIMES)})|(?P<volt>{pattern_of(VOLTAGES)}))"
    r"\s{0,2}[)\]}]?\s{0,3}[=:]?\s{0,3}(?=[\d.,])"
)
_NO_UNIT_BEHIND = re.compile(_NO_UNIT)
_LENGTH_BEHIND = re.compile(rf"{_GAP}{_LENGTH}{_NO_RATIO}")
_GROUP_BEHIND = re.compile(rf"\s{{0,3}}(?:[,;|)]|$|\n|{_GROUP_WORD})")


def quantities(text: str) -> list[Quantity]:
    """Return what a text says of paper speed and gain; what it says to be available, or lists as such, is no statement.

    Several different speeds in one list, or three gains, are what a machine offers.
    """
    known = plain(text)
    found = [*_numbered(known), *_unit_first(known)]
    named = list(_named(known, any(quantity.kind is Kind.GAIN for quantity in found)))
    return list(dict.fromkeys([*found, *named, *_bare_multiples(known, bool(found))]))


def _numbered(text: str) -> Iterator[Quantity]:
    """Yield the quantities that are a number and then its units."""
    for numbers in _LIST.finditer(text):
        for form in _FORMS if _ANY_UNIT.match(text, numbers.end()) else ():
            behind = form.behind.match(text, numbers.end())
            if behind is None:
                continue
            stated = _stated(form.kind, numbers, behind.end())
            if form.inverse and len(stated) == 2:  # 1/2 mV
                stated = [stated[0] / stated[1]]
            if stated:
                yield Quantity(form.kind, tuple(_in_unit(number, form, behind) for number in stated))


def _unit_first(text: str) -> Iterator[Quantity]:
    """Yield the quantities whose unit stands before the number, as in a heading: Speed (mm/s): 25."""
    for unit in _UNIT_FIRST.finditer(text):
        numbers = _LIST.match(text, unit.end())
        if numbers is not None and _NO_UNIT_BEHIND.match(text, numbers.end()):
            kind = Kind.SPEED if unit["time"] else Kind.GAIN
            scale = size_of(unit["length"]) / size_of(unit["time"] or unit["volt"])
            if stated := _stated(kind, numbers, numbers.end()):
                yield Quantity(kind, tuple(number * scale for number in stated))


def _named(text: str, says_a_gain: bool) -> Iterator[Quantity]:
    """Yield what stands behind the words speed, gain or chest without a whole unit: Speed 50, Gain x1/2, Chest 5."""
    for name in _NAMED.finditer(text):
        numbers = _LIST.match(text, name.end())
        kind = Kind.SPEED if name["speed"] else Kind.GAIN
        if name["gain"] and (gain := _multiple(_MULTIPLE.match(text, name.end()))):
            yield from gain
        elif numbers is not None and (says_a_gain or not name["group"]):
            yield from _without_unit(kind, numbers, is_group=bool(name["group"]))


def _without_unit(kind: Kind, numbers: re.Match[str], is_group: bool) -> Iterator[Quantity]:
    text, end = numbers.string, numbers.end()
    length = None if is_group else _LENGTH_BEHIND.match(text, end)
    ends = (_GROUP_BEHIND if is_group else _NO_UNIT_BEHIND).match(text, end)
    if length is None and ends is None:
        return
    stated = _stated(kind, numbers, length.end() if length else end)
    if length is not None:
        stated = [number * size_of(length["length"]) for number in stated]
    if stated and _SETTINGS.issuperset(stated):
        yield Quantity(kind, tuple(stated))


def _bare_multiples(text: str, beside_a_quantity: bool) -> Iterator[Quantity]:
    """Yield multiples of the gain without its name: below one, or beside a speed or gain."""
    for match in _BARE_MULTIPLE.finditer(text):
        over = float(match["times"]) if match["times"] else _float(match["over"])
        below_one = bool(match["under"]) or over < 1
        if below_one or beside_a_quantity:
            yield from _multiple(match)


def _multiple(match: re.Match[str] | None) -> list[Quantity]:
    """Return the gain that a multiple such as x1/2 means; a number too large to be one is a gain, or two: 10/5."""
    if match is None or is_offer(match.string, match.start(), match.end()):
        return []
    parts = match.groupdict()
    over, under = _float(parts.get("times") or parts["over"]), _float(parts["under"] or "1")
    if not over or not under:
        return []
    if over / under <= _LARGEST_MULTIPLE and max(over, under) <= _LARGEST_MULTIPLE:
        return [Quantity(Kind.GAIN, (over / under * _USUAL_GAIN,))]
    values = (over, under) if parts["under"] else (over,)
    return [Quantity(Kind.GAIN, values)] if _SETTINGS.issuperset(values) else []


def _in_unit(number: float, form: _Form, behind: re.Match[str]) -> float:
    parts = behind.groupdict()
    length = size_of(parts["length"]) if parts.get("length") else 1.0
    other = size_of(parts["other"]) if parts.get("other") else 1.0
    of = _float(parts.get("per") or parts.get("equals") or "1")
    return of * length / (number * other) if form.inverse else number * length / (of * other)


def _stated(kind: Kind, listed: re.Match[str], end: int) -> list[float]:
    """Return the numbers of a list that are stated; none if they are offered, or one is zero, which no machine has."""
    numbers = [_float(number) for number in _EACH.findall(listed[0])]
    if not _SETTINGS.issuperset(numbers) and not _TIGHT.search(listed[0]):
        numbers = numbers[-1:]  # the others belong to what stands before: rate 71, 25 mm/s
    several = len(set(numbers)) >= (_SEVERAL if kind is Kind.GAIN else 2) or _OR.search(listed[0])
    return [] if several or 0 in numbers or is_offer(listed.string, listed.start(), end) else numbers


def _float(number: str) -> float:
    return float(number.replace(",", "."))

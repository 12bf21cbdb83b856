"""Whether numbers in the text of a page are what a machine offers, not what it did: available speeds, say."""

from __future__ import annotations

import re

from ecgcore.reports.printed.unit import plain

_WORDS = (
    "available", "availability", "selectable", "select", "selection", "option", "options", "optional", "choice",
    "choices", "choose", "settings", "supported", "supports", "adjustable", "range", "ranges", "possible", "maximum",
    "max", "up to", "either", "verfügbar", "verfügbare", "wählbar", "wählbare", "einstellbar", "möglich", "auswahl",
    "optionen", "disponible", "disponibles",
    "opciones", "opción", "seleccionable", "seleccionables", "posibles",
    "réglable", "réglables", "possibles", "disponíveis", "disponível", "opções", "selecionável", "possíveis",
    "disponibili",
    "selezionabili", "opzioni", "seçenek", "seçenekler", "mevcut", "beschikbaar", "opties", "tillgängliga",
)  # fmt: skip
_STEMS = ("доступн", "выбор", "возможн", "ตัวเลือก", "ปรับได้", "เลือก", "สูงสุด", "可选", "可用", "選択")
_SOLE = "|".join(re.escape(plain(word)) for word in sorted(_WORDS, key=len, reverse=True))
_OFFER = rf"(?:(?<![^\W\d_])(?:{_SOLE})(?![^\W\d_])\.?|{'|'.join(plain(stem) for stem in _STEMS)})"
_QUIET = r"(?:(?![.!?]\s)[^\d\n;])"  # nothing that another number or sentence stands between
_UNIT = r"[^\d\n;.,]{0,24}"
_OR = r"\b(?:or|and|oder|und|o|y|ou|et)\b"
_ITEM_BEFORE = rf"(?:\d[\d.,]*\s{{0,3}}{_UNIT}(?:[,/|]|{_OR})\s{{0,3}})"
_ITEM_BEHIND = rf"(?:\s{{0,3}}(?:[,/|]|{_OR})\s{{0,3}}[\d.,]+{_UNIT})"
_BEFORE = re.compile(rf"{_OFFER}{_QUIET}{{0,40}}\n?[^\d\n;.]{{0,6}}{_ITEM_BEFORE}{{0,8}}$")
_BEHIND = re.compile(rf"{_ITEM_BEHIND}{{0,8}}[ \t]{{0,3}}[(\[,]?[ \t]{{0,2}}{_OFFER}(?!\s{{0,2}}:)")
_REACH = 160  # characters looked at


def is_offer(text: str, start: int, end: int) -> bool:
    """Tell whether a word of choice governs the numbers at ``text[start:end]``: before them or their list, or behind.

    Between the word and the list stands no other number and no end of a sentence. The text is a plain one.
    """
    before, behind = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    return _BEFORE.search(before) is not None or _BEHIND.match(behind) is not None

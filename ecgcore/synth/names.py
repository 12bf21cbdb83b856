"""Invented names and hospital numbers."""

from __future__ import annotations

import numpy as np

_ONSETS = ("b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "dr", "kl", "tr")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "eo")
_ENDS = ("", "", "n", "l", "r", "x", "m")

_FIRST_HN = 10_000_000
_HN_SPAN = 89_999_999
_HN_STEP = 7_919_977  # shares no factor with the span, so numbers do not repeat


def _word(rng: np.random.Generator, syllables: int) -> str:
    parts = (str(rng.choice(_ONSETS)) + str(rng.choice(_VOWELS)) for _ in range(syllables))
    return ("".join(parts) + str(rng.choice(_ENDS))).capitalize()


def invent_name(rng: np.random.Generator) -> str:
    """A first and a last name made of random syllables."""
    return f"{_word(rng, 2)} {_word(rng, 3)}"


def hospital_number(seed: int, patient: int) -> str:
    """Eight digits, different for every patient of a hospital (``patient`` from 0 to 89,999,998)."""
    return str(_FIRST_HN + (seed * 104_729 + patient * _HN_STEP) % _HN_SPAN)

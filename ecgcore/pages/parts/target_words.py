"""What people call a target: the one place until a catalogue of targets says it."""

from __future__ import annotations

_WORDS = {"scar": "myocardial scar", "lvef": "LVEF below 50 %"}


def target_words(target: str) -> str:
    """Return what a patient who is positive has, such as ``LVEF below 50 %``; an unknown target's own name."""
    return _WORDS.get(target, target)

"""Where the time of one file went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Wall-clock seconds.

    Args:
        rendering: reading and hashing the file, and Poppler; for a picture its decoding.
        cleaning: recognising, checking, printed text, and making the canonical image.
        storing: hashing, encoding and writing the canonical image.
    """

    rendering: float = 0.0
    cleaning: float = 0.0
    storing: float = 0.0

    @property
    def total(self) -> float:
        return self.rendering + self.cleaning + self.storing

"""How much of a machine one file from outside may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds on one file.

    Args:
        max_bytes: size of the file.
        max_pages: pages of a PDF; only the first is read.
        max_pixels: pixels of a rendered page or a picture, before it is decoded. 600 dpi A4 has 34.8 million.
        seconds: wall-clock time of rendering, and CPU time of the renderer.
        file_seconds: wall-clock time of everything done to one file in a batch.
        memory_bytes: address space of the renderer.

    Raises:
        ValueError: a bound is not positive.
    """

    max_bytes: int = 50 * MIB
    max_pages: int = 20
    max_pixels: int = 40_000_000
    seconds: int = 30
    file_seconds: float = 60.0
    memory_bytes: int = 1024 * MIB

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"Limits.{name} must be positive, is {value}")


DEFAULT_LIMITS = Limits()

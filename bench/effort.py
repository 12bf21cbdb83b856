"""How much is measured: enough for a steady median, or just enough to see that it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Sizes of the measurements.

    Args:
        repeats: passes over everything that is compared; the median counts.
        cache_images: images in the cache; together they should exceed the processor's caches.
        train_steps: (recipe, measured steps per pass) of each recipe that is trained.
        predictions: predictions per pass.
    """

    repeats: int
    cache_images: int
    train_steps: tuple[tuple[str, int], ...]
    predictions: int


FULL = Effort(repeats=3, cache_images=1024, train_steps=(("multi-task", 2), ("multi-task-demo", 30)), predictions=16)

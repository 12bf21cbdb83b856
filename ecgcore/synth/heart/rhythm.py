"""When the heart beats: sinus rhythm, atrial fibrillation and ventricular extrasystoles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MARGIN_S = 1.0  # beats start before and end after the record, so that its edges hold whole waves


@dataclass(frozen=True)
class Rhythm:
    """The beats of a record.

    Args:
        times: R peaks in s, ascending.
        ectopic: which of them are ventricular extrasystoles.
        fibrillation: atrial fibrillation, so no P waves.
        rate: mean rate in beats per minute.
    """

    times: NDArray[np.float64]
    ectopic: NDArray[np.bool_]
    fibrillation: bool
    rate: float


def _rate(rng: np.random.Generator, failure: float, fibrillation: bool) -> float:
    return float(np.clip(rng.normal(69 + 16 * failure + 8 * fibrillation, 8), 46, 125))


def _sinus(rng: np.random.Generator, mean: float, count: int) -> NDArray[np.float64]:
    breathing = 0.03 * np.sin(2 * np.pi * 0.25 * mean * np.arange(count) + rng.uniform(0, 2 * np.pi))
    return mean * (1 + breathing + 0.01 * rng.standard_normal(count))


def _fibrillating(rng: np.random.Generator, mean: float, count: int) -> NDArray[np.float64]:
    return np.clip(mean * rng.lognormal(-0.02, 0.20, count), 0.36, 2.0)


def _place_ectopics(rng: np.random.Generator, times: NDArray[np.float64], chance: float) -> NDArray[np.bool_]:
    """Mark beats as early ones, never two in a row, and move them forward; the pause after them is the rest."""
    early = rng.random(len(times)) < chance
    early[1:] &= ~early[:-1]
    early[0] = False
    gaps = np.diff(times, prepend=times[0])
    times[early] -= 0.3 * gaps[early]
    return early


def draw_rhythm(rng: np.random.Generator, failure: float, duration: float) -> Rhythm:
    """Draw a rhythm of ``duration`` s; a failing heart (0..1) is faster and oftener irregular."""
    fibrillation = bool(rng.random() < 0.04 + 0.10 * failure)
    rate = _rate(rng, failure, fibrillation)
    mean, count = 60 / rate, int((duration + 2 * MARGIN_S) * rate / 60 * 2) + 4
    gaps = (_fibrillating if fibrillation else _sinus)(rng, mean, count)
    times = -MARGIN_S + rng.uniform(0, mean) + np.concatenate([[0.0], np.cumsum(gaps[1:])])
    times = times[times < duration + MARGIN_S]
    burdened = rng.random() < 0.08 + 0.12 * failure
    chance = rng.uniform(0.04, 0.15) if burdened else 0.0
    return Rhythm(times, _place_ectopics(rng, times, chance), fibrillation, rate)

"""The twelve-lead record of a study: beats, wander, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgcore.synth.heart.dipole import Heart, Wave, beat, ectopic_beat, heart_vector
from ecgcore.synth.heart.disease import Disease, expression
from ecgcore.synth.heart.lead import MEASURED, project, twelve_leads
from ecgcore.synth.heart.rhythm import Rhythm, draw_rhythm
from ecgcore.synth.patient import Stream, Study, generator

FS = 500
SECONDS = 10.0
SAMPLES = 5001  # one more than 10 s, so that the last column of a page can be drawn to its end
_REACH = (round(0.35 * FS), round(0.75 * FS))  # samples before and after R that a beat fills


@dataclass(frozen=True)
class Record:
    """A record: ``signals`` ``(12, n)`` in mV at ``fs`` samples per second, and its true rhythm."""

    signals: NDArray[np.float64]
    fs: int
    rhythm: Rhythm


def draw_heart(disease: Disease, rng: np.random.Generator) -> Heart:
    """Draw a heart that shows this disease."""
    failure = expression(disease.lvef_severity)
    return Heart(
        scar=expression(disease.scar_severity),
        failure=failure,
        territory=disease.territory,
        bundle_block=bool(rng.random() < 0.25 * failure**2),
        turn=(float(rng.normal(0, 0.17)), float(rng.normal(0, 0.10))),
        gain=float(np.exp(rng.normal(0, 0.10))),
    )


def _beat_variants(heart: Heart, fibrillation: bool) -> tuple[tuple[Wave, ...], tuple[Wave, ...]]:
    normal = beat(heart)
    if fibrillation:
        normal = tuple(w for w in normal if w.name != "P")
    return normal, ectopic_beat(heart)


def _beats(heart: Heart, rhythm: Rhythm) -> NDArray[np.float64]:
    """Sum of all beats as a heart vector ``(3, SAMPLES)``."""
    normal, ectopic = _beat_variants(heart, rhythm.fibrillation)
    pad = SAMPLES
    canvas = np.zeros((3, SAMPLES + 2 * pad))
    stretch = float(np.clip(np.sqrt(60 / rhythm.rate), 0.8, 1.15))
    for time, early in zip(rhythm.times, rhythm.ectopic, strict=True):
        middle = round(time * FS)
        samples = np.arange(middle - _REACH[0], middle + _REACH[1])
        canvas[:, samples + pad] += heart_vector(samples / FS - time, ectopic if early else normal, stretch)
    return canvas[:, pad : pad + SAMPLES]


def _flutter(rng: np.random.Generator, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fibrillatory waves of the atria: 4 to 8 Hz, small, changing in strength, as a heart vector."""
    wave = sum(np.sin(2 * np.pi * rng.uniform(4, 8) * times + rng.uniform(0, 2 * np.pi)) for _ in range(3))
    return np.outer([0.01, 0.02, -0.02], np.asarray(wave))


def _wander(rng: np.random.Generator, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slow baseline of each electrode, from breathing and movement: ``(8, n)`` in mV."""
    frequency = rng.uniform(0.08, 0.35, (2, 1))
    phase = rng.uniform(0, 2 * np.pi, (2, len(MEASURED), 1))
    size = rng.uniform(0.005, 0.035) * rng.uniform(0.4, 1.0, (2, len(MEASURED), 1))
    return (size * np.sin(2 * np.pi * frequency[:, None] * times + phase)).sum(axis=0)


def _noise(rng: np.random.Generator, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Muscle noise and mains hum of each measured lead: ``(8, n)`` in mV."""
    white = rng.standard_normal((len(MEASURED), len(times) + 3))
    muscle = (white[:, :-3] + white[:, 1:-2] + white[:, 2:-1] + white[:, 3:]) / 2  # about 60 Hz wide
    hum = np.sin(2 * np.pi * 50 * times + rng.uniform(0, 2 * np.pi))
    return rng.uniform(0.003, 0.009) * muscle + rng.uniform(0.0, 0.003) * hum


def record_of(disease: Disease, rng: np.random.Generator) -> Record:
    """Draw a 12-lead record of 10 s and one sample at 500 Hz of a heart with this disease.

    Noise is added to the eight measured leads, so that III = II - I and the augmented leads hold to rounding.
    """
    heart = draw_heart(disease, rng)
    rhythm = draw_rhythm(rng, heart.failure, SECONDS)
    times = np.arange(SAMPLES) / FS
    vector = _beats(heart, rhythm)
    if rhythm.fibrillation:
        vector = vector + _flutter(rng, times)
    measured = project(vector) + _wander(rng, times) + _noise(rng, times)
    return Record(twelve_leads(measured), FS, rhythm)


def draw_record(seed: int, study: Study) -> Record:
    """The record of a study of the hospital with this seed; always the same."""
    return record_of(study.disease, generator(seed, study.index, Stream.SIGNAL))

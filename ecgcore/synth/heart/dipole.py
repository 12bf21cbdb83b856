"""One heartbeat as a moving dipole: Gaussian bumps of a heart vector in Frank's axes, and how disease changes them.

The form is that of McSharry et al., IEEE Trans Biomed Eng 2003;50:289 and Sameni et al., EURASIP J Adv Signal Process
2007:43407: each wave is a Gaussian in time with a vector amplitude. X points to the left, Y to the feet, Z to the back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecgcore.synth.heart.disease import Territory
from ecgcore.synth.heart.lead import LEADS, project, twelve_leads

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Wave:
    """A Gaussian bump: centre and width (standard deviation) in s relative to the R peak, amplitude ``(3,)`` in mV."""

    name: str
    centre: float
    width: float
    vector: Vector


@dataclass(frozen=True)
class Heart:
    """What shapes a beat.

    Args:
        scar: how much of the scar the ECG shows, 0..1.
        failure: how much of the low LVEF the ECG shows, 0..1.
        territory: wall of the scar.
        bundle_block: left bundle branch block.
        turn: rotation of the axis in the frontal and the horizontal plane, radians.
        gain: overall amplitude, 1 is usual.
    """

    scar: float
    failure: float
    territory: Territory
    bundle_block: bool
    turn: tuple[float, float]
    gain: float


def _wave(name: str, centre: float, width: float, *vector: float) -> Wave:
    return Wave(name, centre, width, np.array(vector))


HEALTHY = (
    _wave("P", -0.165, 0.022, 0.06, 0.11, -0.01),
    _wave("septal", -0.026, 0.009, -0.10, -0.05, -0.24),
    _wave("main", 0.0, 0.012, 0.85, 0.62, 0.22),
    _wave("basal", 0.027, 0.011, -0.14, -0.13, 0.36),
    _wave("T", 0.270, 0.050, 0.27, 0.24, -0.17),
    _wave("T", 0.315, 0.034, 0.13, 0.11, -0.09),
)
QRS = ("septal", "main", "basal")

# towards each wall, scaled so that the lead that faces it most sees 1 mV for a length of 1
WALL = {
    Territory.ANTERIOR: np.array([0.12, 0.0, -1.0]) / 1.39,
    Territory.INFERIOR: np.array([0.0, 1.0, 0.0]) / 1.30,
    Territory.LATERAL: np.array([1.0, -0.35, 0.25]) / 1.06,
}
_FACING_MV = 0.5
_Q_MV, _LOST_R, _T_MV = 0.90, 0.55, 0.95
_WIDER, _LOWER, _FLATTER, _POORER = 0.80, 0.55, 1.25, 0.80


def facing_leads(territory: Territory) -> tuple[str, ...]:
    """Leads in which a dipole of length 1 towards the wall reads at least 0.5 mV: there a scar's Q wave points down.

    They hold the textbook's leads of each wall: V1-V4; II, III, aVF; I, aVL, V5, V6.
    """
    read = twelve_leads(project(WALL[territory][:, None]))[:, 0]
    return tuple(lead for lead, millivolt in zip(LEADS, read, strict=True) if millivolt >= _FACING_MV)


def rotation(frontal: float, horizontal: float) -> NDArray[np.float64]:
    """Rotation matrix: first in the frontal (X, Y), then in the horizontal (X, Z) plane."""
    cf, sf, ch, sh = np.cos(frontal), np.sin(frontal), np.cos(horizontal), np.sin(horizontal)
    in_frontal = np.array([[cf, -sf, 0], [sf, cf, 0], [0, 0, 1]])
    return np.array([[ch, 0, -sh], [0, 1, 0], [sh, 0, ch]]) @ in_frontal


def _lose(wave: Wave, wall: Vector, share: float) -> Wave:
    """Take away a share of what points to the wall."""
    towards = wall / np.linalg.norm(wall)
    return replace(wave, vector=wave.vector - share * max(float(wave.vector @ towards), 0.0) * towards)


def _scarred(waves: list[Wave], heart: Heart) -> list[Wave]:
    """Dead muscle gives no forces: early QRS points away from it (Q), R is lost, and T turns away."""
    wall = WALL[heart.territory]
    kept = [_lose(w, wall, _LOST_R * heart.scar) if w.name in ("septal", "main") else w for w in waves]
    turned = [replace(w, vector=w.vector - heart.scar * _T_MV / 2 * wall) if w.name == "T" else w for w in kept]
    slower = 1 + _WIDER * heart.failure
    return [*turned, Wave("Q", -0.016 * slower, 0.013 * slower, -heart.scar * _Q_MV * wall)]


def _failing(wave: Wave, failure: float) -> Wave:
    """Wide low QRS, flat to inverted T, little R over the front wall."""
    if wave.name == "T":
        return replace(wave, vector=wave.vector * (1 - _FLATTER * failure))
    if wave.name not in QRS:
        return wave
    low = wave.vector * (1 - _LOWER * failure)
    if wave.name == "septal":
        low = low * np.array([1, 1, 1 - _POORER * failure])
    wider = 1 + _WIDER * failure
    return replace(wave, centre=wave.centre * wider, width=wave.width * wider, vector=low)


def _blocked(wave: Wave) -> Wave:
    """Left bundle branch block: no septal force, slow spread to the back and left, T opposite to QRS."""
    if wave.name == "septal":
        return replace(wave, vector=wave.vector * 0.1)
    if wave.name == "main":
        return replace(wave, width=wave.width * 1.5, vector=wave.vector + np.array([0.10, -0.10, 0.30]))
    if wave.name == "basal":
        return replace(wave, centre=wave.centre * 1.4, width=wave.width * 1.5, vector=np.array([0.45, 0.10, 0.35]))
    if wave.name == "T":
        return replace(wave, vector=wave.vector + np.array([-0.22, -0.08, -0.14]))
    return wave


def beat(heart: Heart) -> tuple[Wave, ...]:
    """The waves of a normally conducted beat of this heart."""
    turn = rotation(*heart.turn)
    waves = [replace(w, vector=heart.gain * (turn @ w.vector)) for w in HEALTHY]
    conducted = [_blocked(w) for w in waves] if heart.bundle_block else waves
    return tuple(_scarred([_failing(w, heart.failure) for w in conducted], heart))


def ectopic_beat(heart: Heart) -> tuple[Wave, ...]:
    """A ventricular extrasystole: no P, a wide QRS from an unusual place, T opposite."""
    gain = heart.gain * (1 - 0.3 * heart.failure)
    return (
        Wave("main", 0.0, 0.032, gain * np.array([-0.35, 0.70, 0.35])),
        Wave("basal", 0.055, 0.028, gain * np.array([0.15, -0.30, -0.25])),
        Wave("T", 0.300, 0.055, gain * np.array([0.18, -0.35, -0.18])),
    )


def heart_vector(times: NDArray[np.float64], waves: tuple[Wave, ...], stretch: float) -> NDArray[np.float64]:
    """The heart vector ``(3, n)`` in mV at ``times`` (s from the R peak); ``stretch`` scales the distance of T."""
    centres = np.array([w.centre * (stretch if w.name == "T" else 1.0) for w in waves])
    widths = np.array([w.width for w in waves])
    bumps = np.exp(-0.5 * ((times[None, :] - centres[:, None]) / widths[:, None]) ** 2)
    return np.column_stack([w.vector for w in waves]) @ bumps

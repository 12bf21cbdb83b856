"""From true severities to what the CMR reports: scar and its pattern, ejection fraction, territory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ecgcore.synth.heart.liability import NORMAL, rho_for

# facts of the study population (n = 14,052)
SCAR_PREVALENCE = 3809 / 14052
LVEF_BELOW_50 = 2630 / 14052
LVEF_BELOW_40 = 1736 / 14052
SUBENDOCARDIAL_ONLY = 1328 / 3809
TRANSMURAL_ONLY = 1070 / 3809

ORACLE_AUC = 0.935
SEVERITY_CORRELATION = 0.45  # an infarcted heart pumps less well

# fraction of patients below, LVEF in percent: 12.35 % lie below 40 and 18.72 % below 50
_LVEF_FRACTIONS = (0.0, 0.02, 0.06, LVEF_BELOW_40, LVEF_BELOW_50, 0.35, 0.60, 0.85, 1.0)
_LVEF_PERCENT = (12.0, 20.0, 30.0, 40.0, 50.0, 58.0, 65.0, 72.0, 82.0)
_PATTERN_RHO = 0.7


class Territory(StrEnum):
    """Which wall a scar lies in."""

    ANTERIOR = "anterior"
    INFERIOR = "inferior"
    LATERAL = "lateral"


TERRITORY_SHARE = {Territory.ANTERIOR: 0.45, Territory.INFERIOR: 0.35, Territory.LATERAL: 0.20}


@dataclass(frozen=True)
class Disease:
    """What one heart has and what its CMR says.

    Args:
        scar_severity: true severity, standard normal over the population.
        lvef_severity: true severity of the reduced pump function, standard normal; high is a low LVEF.
        territory: the wall that the scar's changes show in.
        scar: the CMR's finding.
        subendocardial, transmural: its patterns; at least one is true where ``scar`` is.
        lvef_percent: the CMR's ejection fraction in percent, one decimal.
    """

    scar_severity: float
    lvef_severity: float
    territory: Territory
    scar: bool
    subendocardial: bool
    transmural: bool
    lvef_percent: float


def _reading(severity: float, rho: float, rng: np.random.Generator) -> float:
    return rho * severity + float(np.sqrt(1 - rho**2)) * rng.standard_normal()


def _lvef_percent(reading: float) -> float:
    return round(float(np.interp(NORMAL.cdf(-reading), _LVEF_FRACTIONS, _LVEF_PERCENT)), 1)


def _pattern(reading: float, rng: np.random.Generator) -> tuple[bool, bool]:
    """Subendocardial and transmural, for a scar: the deeper the scar, the likelier it is transmural."""
    depth = 1 - NORMAL.cdf(-reading) / SCAR_PREVALENCE  # uniform among scars
    mixed = _reading(NORMAL.inv_cdf(min(max(depth, 1e-9), 1 - 1e-9)), _PATTERN_RHO, rng)
    rank = NORMAL.cdf(mixed)
    return rank < 1 - TRANSMURAL_ONLY, rank >= SUBENDOCARDIAL_ONLY


def draw_severities(rng: np.random.Generator) -> tuple[float, float]:
    """Severity of scar and of low LVEF: standard normal each, correlated."""
    scar = float(rng.standard_normal())
    return scar, _reading(scar, SEVERITY_CORRELATION, rng)


def draw_territory(rng: np.random.Generator) -> Territory:
    """A wall, by how often each is infarcted."""
    return Territory(rng.choice([t.value for t in Territory], p=list(TERRITORY_SHARE.values())))


def draw_disease(scar_severity: float, lvef_severity: float, territory: Territory, rng: np.random.Generator) -> Disease:
    """Draw what the CMR reports for these severities, at the difficulty ``ORACLE_AUC`` (see ``liability``)."""
    scar_reading = _reading(scar_severity, rho_for(ORACLE_AUC, SCAR_PREVALENCE), rng)
    lvef_reading = _reading(lvef_severity, rho_for(ORACLE_AUC, LVEF_BELOW_50), rng)
    subendocardial, transmural = _pattern(scar_reading, rng)
    scar = scar_reading > NORMAL.inv_cdf(1 - SCAR_PREVALENCE)
    return Disease(
        scar_severity,
        lvef_severity,
        territory,
        scar,
        scar and subendocardial,
        scar and transmural,
        _lvef_percent(lvef_reading),
    )


def expression(severity: float) -> float:
    """How much of a disease the ECG shows, 0..1: steepest around the severity at which labels turn positive."""
    return float(1 / (1 + np.exp(-2.4 * (severity - 0.7))))

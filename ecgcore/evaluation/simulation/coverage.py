"""How often DeLong's intervals cover the truth, by simulation.

``python -m ecgcore.evaluation.simulation.coverage`` prints the table.

The policies' minimum numbers of cases rest on it: at these, the interval on the logit scale covers at least 93 %.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from scipy.special import ndtri

from ecgcore.evaluation.estimate.bound import separated_bound
from ecgcore.evaluation.estimate.discrimination.auc import NO_VARIANCE, Placements, Scale, delong_ends, placements
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL

REPLICATES = 10_000
_CHUNK = 2_000
AREAS = (0.75, 0.85, 0.90, 0.95)
SIZES = (
    *((10, 40), (12, 60), (12, 100), (15, 60), (15, 100), (20, 80), (30, 120), (40, 160), (40, 1000), (60, 240)),
    *((100, 100), (100, 400), (100, 1000), (173, 722), (236, 659), (228, 1036), (329, 935)),
)
"""Positives and negatives of the table; the last four are the study's test sets."""


def binormal_shift(area: float) -> float:
    """Return the distance of two unit normal distributions whose ROC curve has this area: sqrt(2) * Phi^-1(area)."""
    return float(np.sqrt(2.0) * ndtri(area))


def simulate(area: float, positives: int, negatives: int, replicates: int, seed: int) -> Iterator[Placements]:
    """Yield placements of binormal samples in chunks, of shape (chunk, positives) and (chunk, negatives)."""
    rng = np.random.default_rng(seed)
    for start in range(0, replicates, _CHUNK):
        n = min(_CHUNK, replicates - start)
        shifted = rng.normal(binormal_shift(area), 1.0, (n, positives))
        yield placements(shifted, rng.normal(0.0, 1.0, (n, negatives)))


def interval_ends(placed: Placements, level: float, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends that ``auc_interval`` gives for each row of ``placed`` (continuous scores), shape (rows,)
    each.
    """
    area, variance = placed.auc, placed.variance
    flat = variance <= NO_VARIANCE
    low, high = delong_ends(np.where(flat, 0.5, area), variance, level, scale)
    bound = separated_bound(min(placed.positive.shape[-1], placed.negative.shape[-1]), level)
    return (
        np.where(flat, np.where(area == 1, bound, 0.0), low),
        np.where(flat, np.where(area == 1, 1.0, 1 - bound), high),
    )


def coverage(
    area: float,
    positives: int,
    negatives: int,
    scale: Scale = Scale.LOGIT,
    level: float = DEFAULT_LEVEL,
    replicates: int = REPLICATES,
    seed: int = 1,
) -> float:
    """Return the share of binormal samples whose interval contains ``area``.

    Args:
        area: true AUC, between 0 and 1.
        positives, negatives: cases of each sample, at least 2.
        scale: scale of the interval.
        level: nominal level.
        replicates: number of samples; the Monte-Carlo standard error is sqrt(level (1 - level) / replicates).
        seed: of the simulation.
    """
    covered = 0
    for placed in simulate(area, positives, negatives, replicates, seed):
        low, high = interval_ends(placed, level, scale)
        covered += int(np.sum((low <= area) & (area <= high)))
    return covered / replicates


def table() -> Iterator[str]:
    """Yield the lines of the coverage table, in percent."""
    yield f"Coverage in percent of nominal 95 % intervals, {REPLICATES} binormal samples each: logit / plain scale"
    yield "positives negatives" + "".join(f"   AUC {area:.2f}  " for area in AREAS)
    for positives, negatives in SIZES:
        cells = (_cell(area, positives, negatives) for area in AREAS)
        yield f"{positives:9d} {negatives:9d}" + "".join(cells)


def _cell(area: float, positives: int, negatives: int) -> str:
    logit, plain = (100 * coverage(area, positives, negatives, scale) for scale in (Scale.LOGIT, Scale.PLAIN))
    return f"  {logit:5.1f}/{plain:5.1f}"


def main() -> None:
    """Print the table."""
    for line in table():
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""How often a candidate that is worse than the champion by just the margin passes non-inferiority, by simulation.

``python -m ecgcore.evaluation.simulation.size MARGIN`` prints the table: at a level of 95 % none should pass more often
than 2.5 %. The policies' minimum numbers of cases rest on it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from ecgcore.errors import EcgError, EvaluationError
from ecgcore.evaluation.estimate.bound import hoeffding_half_width, unordered_bound
from ecgcore.evaluation.estimate.discrimination.auc import NO_VARIANCE, placements
from ecgcore.evaluation.estimate.discrimination.paired import MOST_PER_CASE, moved, unlike_order
from ecgcore.evaluation.estimate.interval import DEFAULT_LEVEL
from ecgcore.evaluation.estimate.paired_share import paired_shares, small_sample_quantile
from ecgcore.evaluation.frame.cases import Cases, Floats
from ecgcore.evaluation.frame.patients import Clusters
from ecgcore.evaluation.simulation.alternatives import delong_difference, mover_difference
from ecgcore.evaluation.simulation.coverage import binormal_shift

REPLICATES = 10_000
_CHUNK = 250
AREAS = (0.80, 0.87, 0.93, 0.97)
CORRELATIONS = (0.5, 0.8, 0.95)
SIZES = ((12, 40), (20, 80), (40, 160), (100, 400), (125, 125))
_NEAR = 0.999  # correlation of a patient's near-copies


class Method(StrEnum):
    """How the interval of the difference is made."""

    SCORE = "score"
    MOVER = "MOVER"
    DELONG = "DeLong"


@dataclass(frozen=True)
class Duel:
    """A candidate and a champion, binormal, scored on the same patients.

    Args:
        positives, negatives: patients.
        area: true AUC of the champion.
        deficit: by how much the candidate's is lower.
        correlation: of their scores within each class.
        copies: nearly equal studies that each patient has.
        by_patient: whether the interval is told of it.
    """

    positives: int
    negatives: int
    area: float
    deficit: float
    correlation: float
    copies: int = 1
    by_patient: bool = True

    @property
    def clusters(self) -> Clusters | None:
        """Return whose the studies are, None where the interval takes each as a patient's only one."""
        if self.copies == 1 or not self.by_patient:
            return None
        numbers = np.repeat(np.arange(self.positives + self.negatives), self.copies)
        return Clusters(*np.split(numbers, [self.positives * self.copies]))

    def samples(self, replicates: int, seed: int) -> Iterator[tuple[Cases, Cases]]:
        """Yield candidate and champion on many samples in chunks, scores of shape (chunk, studies)."""
        rng = np.random.default_rng(seed)
        shifts = binormal_shift(self.area - self.deficit), binormal_shift(self.area)
        for start in range(0, replicates, _CHUNK):
            count = min(_CHUNK, replicates - start)
            ill, well = (self._scores(rng, count, n) for n in (self.positives, self.negatives))
            yield Cases(ill[0] + shifts[0], well[0]), Cases(ill[1] + shifts[1], well[1])

    def _scores(self, rng: np.random.Generator, count: int, patients: int) -> Floats:
        shared = rng.normal(size=(count, patients))
        own = rng.normal(size=(2, count, patients))
        scores = _mixed(shared, own, self.correlation)
        if self.copies == 1:
            return scores
        noise = rng.normal(size=(2, count, patients * self.copies))
        return _mixed(np.repeat(scores, self.copies, axis=-1), noise, _NEAR)


def _mixed(shared: Floats, own: Floats, correlation: float) -> Floats:
    return np.asarray(math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own)


def pass_rates(
    duel: Duel, margin: float, level: float = DEFAULT_LEVEL, replicates: int = REPLICATES, seed: int = 1
) -> dict[Method, float]:
    """Return the share of samples in which the lower end of each interval lies above minus the margin.

    MOVER and DeLong take studies as independent.
    """
    passed = dict.fromkeys(Method, 0)
    for new, old in duel.samples(replicates, seed):
        placed = placements(new.positive, new.negative), placements(old.positive, old.negative)
        passed[Method.SCORE] += int(score_passes(new, old, margin, level, duel.clusters).sum())
        passed[Method.MOVER] += int((mover_difference(*placed, level)[0] > -margin).sum())
        passed[Method.DELONG] += int((delong_difference(*placed, level)[0] > -margin).sum())
    return {method: count / replicates for method, count in passed.items()}


def score_passes(new: Cases, old: Cases, margin: float, level: float, whose: Clusters | None) -> np.ndarray:
    """Return whether the interval that ``paired_difference`` gives each row lies above minus the margin, (rows,)."""
    change = moved(placements(new.positive, new.negative), placements(old.positive, old.negative))
    cases = new.positive.shape[-1], new.negative.shape[-1]
    pairs, independent = (whose.pairs, whose.patients) if whose else (min(cases), sum(cases))
    variance, (ahead, behind) = change.variance_by(whose), unlike_order(new, old)
    flat = variance <= NO_VARIANCE
    ahead_known, behind_known, known = (np.where(flat, 0.5, values) for values in (ahead, behind, variance))
    shares = paired_shares(ahead_known, behind_known, known, MOST_PER_CASE * independent)
    decided = shares.statistic(-margin) > small_sample_quantile(pairs, level)
    same = unordered_bound(pairs, level) < margin
    bounded = np.where(ahead + behind == 0, same, change.auc - hoeffding_half_width(pairs, level, 2.0) > -margin)
    return np.where(flat, bounded, decided)


def table(margin: float, replicates: int = REPLICATES) -> Iterator[str]:
    """Yield the lines of the table, in percent: worse by the margin, and, by the gates' interval, equal."""
    yield (
        f"Percent of {replicates} binormal samples in which non-inferiority by {margin} is found at a level of"
        f" {100 * DEFAULT_LEVEL:g} %: candidate worse by the margin (at most 2.5 wanted), and equal"
    )
    head = "".join(f"{method:>8s}" for method in Method)
    yield f"positives negatives   AUC  correlation {head}   equal: score"
    for positives, negatives in SIZES:
        for area in AREAS:
            for correlation in CORRELATIONS:
                yield _line(Duel(positives, negatives, area, margin, correlation), margin, replicates)


def _line(duel: Duel, margin: float, replicates: int) -> str:
    worse = pass_rates(duel, margin, replicates=replicates)
    equal = pass_rates(replace(duel, deficit=0.0), margin, replicates=replicates)
    cells = "".join(f"{100 * worse[method]:8.2f}" for method in Method)
    place = f"{duel.positives:9d} {duel.negatives:9d} {duel.area:5.2f} {duel.correlation:12.2f}"
    return f"{place} {cells} {100 * equal[Method.SCORE]:14.1f}"


def main(arguments: list[str]) -> None:
    """Print the table for ``arguments``: a margin."""
    try:
        (margin,) = (float(text) for text in arguments)
    except ValueError:
        raise EvaluationError("arguments", f"are {arguments}", "pass a margin, for example 0.03") from None
    for line in table(margin):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except EcgError as error:
        sys.exit(str(error))

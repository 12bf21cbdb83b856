"""The mean of many heatmaps, for each class and format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from ecgcore.errors import EvaluationError
from ecgcore.explain.heatmap import Heatmap, Mass
from ecgcore.explain.placement import format_of


@dataclass(frozen=True)
class MeanMap:
    """Where a model finds its evidence on average.

    Args:
        target: what is predicted.
        ecg_format: name of the format.
        positive: the class: whether these studies have the target.
        studies: how many maps the mean is of.
        empty: how many further studies had an empty map, which has no share and is left out.
        share: float32 (H, W) of the canonical image; the mean of the maps, each scaled to the sum 1 before, so that
            every study counts the same. It sums to 1; all 0 if ``studies`` is 0.
    """

    target: str
    ecg_format: str
    positive: bool
    studies: int
    empty: int
    share: Mass = field(repr=False)

    @property
    def mass(self) -> Mass:
        """The map scaled to a largest value of 1, for drawing."""
        largest = self.share.max()
        return self.share / largest if largest > 0 else self.share


def mean_maps(heatmaps: Iterable[Heatmap], labels: Iterable[int]) -> tuple[MeanMap, ...]:
    """Return the mean map of every format and class that occurs: formats by name, positives before negatives.

    Args:
        heatmaps: of one target; read once, so a generator will do.
        labels: 0 or 1 for each, as CMR found it.

    Raises:
        EvaluationError: no map, maps of several targets, a label other than 0 and 1, or not one label per map.
        ReportError: a canonical image is of no known format.
    """
    groups: dict[tuple[str, bool], _Sum] = {}
    targets = set()
    for heatmap, label in _paired(heatmaps, labels):
        key = format_of(heatmap.size).name, not label
        if key not in groups:
            groups[key] = _Sum(heatmap.size)
        groups[key].add(heatmap)
        targets.add(heatmap.target)
    if len(targets) != 1:
        raise EvaluationError("mean map", f"needs maps of one target, got {sorted(targets)}", "pass one target's maps")
    (target,) = targets
    return tuple(groups[key].mean(target, key[0], not key[1]) for key in sorted(groups))


def _paired(heatmaps: Iterable[Heatmap], labels: Iterable[int]) -> Iterator[tuple[Heatmap, bool]]:
    for heatmap, label in zip_longest(heatmaps, labels):
        if heatmap is None or label is None:
            raise EvaluationError("labels", "must be as many as the maps", "pass one label per map")
        if label not in (0, 1):
            raise EvaluationError("labels", f"are 0 and 1, not {label!r}", "leave out studies without a label")
        yield heatmap, bool(label)


class _Sum:
    def __init__(self, size: tuple[int, int]) -> None:
        self.total = np.zeros(size[::-1], np.float64)
        self.studies = self.empty = 0

    def add(self, heatmap: Heatmap) -> None:
        if heatmap.is_empty:
            self.empty += 1
            return
        mass = heatmap.mass
        self.total += mass / mass.sum(dtype=np.float64)
        self.studies += 1

    def mean(self, target: str, name: str, positive: bool) -> MeanMap:
        share = (self.total / max(self.studies, 1)).astype(np.float32)
        return MeanMap(target, name, positive, self.studies, self.empty, share)

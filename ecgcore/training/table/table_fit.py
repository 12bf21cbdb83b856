"""What the training of a table model found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecgcore.models.table_family import TableModel
from ecgcore.training.network.chosen_point import ChosenPoint


@dataclass(frozen=True)
class TableFit:
    """What came out.

    Args:
        model: what is exported.
        rounds: trees by target; 0 for the majority class.
        history: by target, one line of metrics per round.
        points: calibration and operating point by target; none for the majority class, a constant that is calibrated.
    """

    model: TableModel
    rounds: Mapping[str, int]
    history: Mapping[str, tuple[Mapping[str, float], ...]] = field(repr=False)
    points: Mapping[str, ChosenPoint]

    def chosen(self, metric: str) -> dict[str, float]:
        """Return a metric of the exported round, before calibration, by target."""
        return {t: lines[max(self.rounds[t], 1) - 1][metric] for t, lines in self.history.items()}

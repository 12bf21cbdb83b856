"""The finished run that a training starts from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import TrainingError
from ecgcore.models.factory import Network
from ecgcore.models.odds_line import OddsLine
from ecgcore.models.spec import Pretrained
from ecgcore.predictor.digest import file_sha256
from ecgcore.predictor.formats.model_dir import read_network_dir, weights_file
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.rundir import RunDir

_TRAIN_FIRST = "train the recipe that start_from names on the same snapshot first, and name its run directory"


@dataclass(frozen=True)
class Start:
    """A finished run.

    Args:
        path: its directory.
        recipe: its recipe's name.
        recipe_sha256: hash of that recipe.
        model_sha256: hash of its ``model.ckpt`` or ``manifest.json``.
    """

    path: Path
    recipe: str
    recipe_sha256: str
    model_sha256: str

    @classmethod
    def open(cls, path: Path | str, recipe: Recipe, snapshot: Snapshot) -> Start:
        """Read what a run says of itself, and check that ``recipe`` may start from it.

        Raises:
            TrainingError: the run is not finished, of another recipe than ``start_from`` names, or of another snapshot.
        """
        run = RunDir(Path(path))
        said = _summary(run)
        if said["recipe"] != recipe.start_from:
            rule = f"is a run of {said['recipe']}, recipe {recipe.name} starts from {recipe.start_from}"
            raise TrainingError(run.path, rule, _TRAIN_FIRST)
        if said["snapshot_content_sha256"] != snapshot.content_sha256:
            rule = f"was trained on snapshot {said['snapshot_id']}, not on {snapshot.id}"
            raise TrainingError(run.path, rule, _TRAIN_FIRST)
        return cls(run.path, said["recipe"], said["recipe_sha256"], file_sha256(weights_file(run.model)))

    def load_into(self, network: Network) -> None:
        """Give a network the run's exported weights, its calibration taken out of the heads again.

        Raises:
            TrainingError: the network has another layout.
            PredictorError: the run's model directory is damaged.
        """
        run = RunDir(self.path)
        model = read_network_dir(run.model, network.spec.family, network.spec.targets[0])
        if set(model.spec.targets) != set(network.spec.targets) or _bare(model.spec) != _bare(network.spec):
            raise TrainingError(self.path, "holds a network of another layout", "give both recipes the same network")
        state = dict(model.network.state_dict())
        for target, line in folded_lines(_summary(run)).items():
            state |= line.inverse.folded(state, f"heads.{target}")
        network.load_state_dict(state)

    def to_dict(self) -> dict[str, str]:
        """Return it as plain values: the run by its name."""
        return {**asdict(self), "path": self.path.name}


def folded_lines(summary: Mapping[str, Any]) -> dict[str, OddsLine]:
    """Return by target what a run's summary says was folded into its heads; runs until 2026 had a temperature only."""
    if "temperature" in summary:
        return {target: OddsLine.of_temperature(found["value"]) for target, found in summary["temperature"].items()}
    return {target: OddsLine(**found["folded"]) for target, found in summary["operating_point"].items()}


def _bare(spec: Any) -> Any:
    return replace(spec, pretrained=Pretrained.NONE, targets=tuple(sorted(spec.targets)))


def _summary(run: RunDir) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(run.summary.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(run.path, "is no finished run", _TRAIN_FIRST) from error
    return content

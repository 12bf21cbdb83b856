"""A run directory: what is where, whose it is, and one training in it at a time."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from ecgcore import durable
from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import TrainingError
from ecgcore.training.recipe.recipe_file import AnyRecipe

_ANOTHER = "train into another run directory, or delete this one"


@dataclass(frozen=True)
class RunDir:
    """Paths of one training.

    Args:
        path: the directory.
    """

    path: Path

    @property
    def checkpoint(self) -> Path:
        """State after the last finished epoch."""
        return self.path / "checkpoints" / "last.ckpt"

    @property
    def metrics(self) -> Path:
        """One line per epoch."""
        return self.path / "metrics.csv"

    @property
    def summary(self) -> Path:
        """Written last: a run that has it is finished."""
        return self.path / "summary.json"

    @property
    def model(self) -> Path:
        """The exported model directory."""
        return self.path / "model"

    @property
    def golden(self) -> Path:
        """Validation images and what the exported model says about them."""
        return self.path / "golden"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory; a second training in it is refused.

        Raises:
            TrainingError: another process trains here, or the directory cannot be written.
        """
        try:
            (self.path / "checkpoints").mkdir(parents=True, exist_ok=True)
            file = (self.path / ".lock").open("w")
        except OSError as e:
            raise TrainingError(
                self.path, f"cannot be written ({e.strerror})", "free space, or make it writable"
            ) from e
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go by the kernel when its holder dies
            except BlockingIOError as e:
                raise TrainingError(self.path, "another process trains here", "wait for it, or end it first") from e
            yield

    def claim(self, snapshot: Snapshot, recipe: AnyRecipe, start: Mapping[str, str] | None = None) -> None:
        """Write down the recipe, the snapshot and the start, or check that they are those of the earlier call.

        Args:
            snapshot: the data.
            recipe: the recipe.
            start: what tells the run apart that this one starts from; None where it starts from none.

        Raises:
            TrainingError: the directory belongs to another recipe, snapshot or start.
        """
        self._claim_snapshot(snapshot)
        self._claim_file("recipe.yaml", yaml.safe_dump(recipe.to_dict(), sort_keys=False), "recipe")
        if start is not None:
            self._claim_file("start.json", json.dumps(start, indent=2) + "\n", "start")

    def _claim_snapshot(self, snapshot: Snapshot) -> None:
        """Frozen again, a snapshot is the same if its content is, whenever that was."""
        mine = {"id": snapshot.id, "content_sha256": snapshot.content_sha256}
        path = self.path / "snapshot.json"
        if not path.exists():
            durable.write_text(path, json.dumps({**snapshot.meta, **mine}, indent=2, sort_keys=True))
            return
        try:
            claimed = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            claimed = None
        if not isinstance(claimed, dict) or not mine.items() <= claimed.items():
            raise TrainingError(self.path, f"belongs to another snapshot ({path.name} differs)", _ANOTHER)

    def _claim_file(self, name: str, text: str, noun: str) -> None:
        path = self.path / name
        if not path.exists():
            durable.write_text(path, text)
        elif path.read_text(encoding="utf-8") != text:
            raise TrainingError(self.path, f"belongs to another {noun} ({name} differs)", _ANOTHER)

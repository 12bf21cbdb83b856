"""One training of an experiment: trained once per snapshot and recipe, and scored on the rows asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.data.cache import RecordingCache, open_cache
from ecgcore.data.cache_spec import ImageSpec
from ecgcore.data.snapshot import Snapshot, Split
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.training.network.keeper import EpochCallback
from ecgcore.training.recipe.recipe import Recipe
from ecgcore.training.rundir import RunDir
from ecgcore.training.train import train

VALIDATION, OUT_OF_FOLD = "validation", "out of fold"

_KEYS = ["study_id", "patient_id", "ecg_format", "test_set"]


@dataclass(frozen=True)
class Trial:
    """A recipe with its seed on a snapshot.

    Args:
        arm: the arm of the plan.
        recipe: what to train.
        snapshot: on what.
        folder: of all trials; the same snapshot and recipe always give the same run directory in it, whatever plan
            they are part of.
        fold: whether the snapshot is a fold, whose test rows are what is scored.
        weights: a folder with published weights, if any.
    """

    arm: str
    recipe: Recipe
    snapshot: Snapshot
    folder: Path
    fold: bool = False
    weights: Path | None = None

    @property
    def run_dir(self) -> Path:
        """Where the training and the scores are."""
        return self.folder / f"{self.snapshot.id}-{self.recipe.sha256[:16]}"

    @property
    def trained(self) -> bool:
        """Whether the training is finished."""
        return RunDir(self.run_dir).summary.exists()

    def train(self, callback: EpochCallback | None = None) -> None:
        """Train it, or go on where it was interrupted.

        Raises:
            EcgError: as :func:`ecgcore.training.train.train`.
        """
        train(self.snapshot.path, self.recipe, self.run_dir, weights=self.weights, progress=False, callback=callback)

    @property
    def seconds(self) -> float:
        """Wall time of the training."""
        return float(json.loads(RunDir(self.run_dir).summary.read_text(encoding="utf-8"))["wall_s"])

    def scores(self) -> pd.DataFrame:
        """Return the predictions frame of the validation rows, or of the fold's own; scored once.

        ``test_set`` is ``validation`` or ``out of fold``. Rows of a locked test set are never among them.
        """
        file = self.run_dir / "scores.parquet"
        if not file.exists():
            rows = self.snapshot.rows(Split.TEST if self.fold else Split.VALID)
            place = OUT_OF_FOLD if self.fold else VALIDATION
            partial = file.with_suffix(".partial")
            self._scored(rows[rows["test_set"].isna()]).assign(test_set=place).to_parquet(partial)
            partial.replace(file)
        return pd.read_parquet(file)

    def tests(self) -> pd.DataFrame:
        """Return the predictions frame of the test rows. Count the look first; nothing is kept."""
        rows = self.snapshot.rows(Split.TEST)
        return self._scored(rows[rows["test_set"].notna()])

    def _scored(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Score the exported directory on the cached images, which are the pixels that its transform makes."""
        rows = rows[rows["ecg_format"].isin(list(self.recipe.data.formats))].reset_index(drop=True)
        model = self.recipe.model
        classifier = ECGClassifier(RunDir(self.run_dir).model, model.family.value, round_probabilities=False)
        probabilities = classifier.predict_recordings(_recordings(self._cache(), rows["image_sha256"].tolist()))
        frame = rows[_KEYS].copy()
        for target in model.targets:
            frame[f"{target}_label"] = rows[target].astype("Int8").array
            frame[f"{target}_probability"] = probabilities[target]
        return frame

    def _cache(self) -> RecordingCache:
        size = self.recipe.image_input
        images = {sha: self.snapshot.image_path(sha) for sha in self.snapshot.studies["image_sha256"].unique()}
        spec = ImageSpec(size.height, size.width, size.interpolation.flag)
        return open_cache(self.snapshot.path / "cache", spec, images, progress=False)


def _recordings(cache: RecordingCache, hashes: list[str]) -> Iterator[np.ndarray]:
    return (cache.read(row[None])[0] for row in cache.rows_of(hashes))

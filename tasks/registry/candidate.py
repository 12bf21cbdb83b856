"""A candidate: a finished training with the evidence that speaks for or against it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.registry.error import RegistryError
from tasks.registry.registered_model import check_slot
from tasks.registry.version_tags import VersionTags

REQUIRED_TAGS = ("gate", "snapshot", "test_set_sha256", "recipe_sha256", "policy_sha256")

_PSEUDONYMS = {"study_id": re.compile(r"S[0-9a-f]{20}"), "patient_id": re.compile(r"P[0-9a-f]{20}")}
_PREDICTION_COLUMN = re.compile(r"study_id|patient_id|ecg_format|test_set|[a-z0-9_]+_(label|probability)")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Candidate:
    """What is registered.

    Args:
        slot: what it would serve, such as ``champion``.
        run_id: the training's id; registering it again returns the same version.
        model_dir: the predictor's directory.
        golden_dir: the golden studies of that directory.
        snapshot_dir: the snapshot it was trained on.
        targets: what it predicts, in order.
        recipe: the recipe, as read from its YAML.
        metrics: finite values by name, such as ``auc.scar.old`` with ``auc.scar.old.low`` and ``.high``; NaN where
            undefined.
        predictions: the test rows' predictions, see docs/architecture/evaluation.md; pseudonyms only.
        tags: at least :data:`REQUIRED_TAGS`; ``gate`` is the verdict of all blocking gates together.
        code_commit: the commit that trained it.
        documents: plain text files kept beside the run (``recipe.yaml``, ``policy.yaml``, ``decision.html``), by name.
        figures: PNG files by name, without suffix.
        tables: tables by name, without suffix (``gates``); each is kept as CSV and JSON.
        model_class: family of the model, as the predictor names it.
        task: what a single-task model predicts.

    Raises:
        RegistryError: a name is malformed, a tag is missing, a metric infinite, or the predictions hold more than
            pseudonyms.
    """

    slot: str
    run_id: str
    model_dir: Path
    golden_dir: Path
    snapshot_dir: Path
    targets: tuple[str, ...]
    recipe: Mapping[str, Any]
    metrics: Mapping[str, float]
    predictions: pd.DataFrame = field(repr=False)
    tags: VersionTags
    code_commit: str
    documents: Mapping[str, str] = field(default_factory=dict, repr=False)
    figures: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    model_class: str = "multi-task"
    task: str = "scar"

    def __post_init__(self) -> None:
        check_slot(self.slot)
        if not _RUN_ID.fullmatch(self.run_id):
            raise RegistryError(f"run {self.run_id!r}", "is not a run's id", "use letters, digits, dots and dashes")
        self._check_tags()
        self._check_metrics()
        self._check_predictions()

    @property
    def all_tags(self) -> VersionTags:
        """The tags with what the candidate itself says."""
        return replace(self.tags, run_id=self.run_id, slot=self.slot, code_commit=self.code_commit)

    def _check_tags(self) -> None:
        missing = [name for name in REQUIRED_TAGS if getattr(self.tags, name) is None]
        if missing:
            raise RegistryError(self.run_id, f"lacks the tags {', '.join(missing)}", "register an evaluated run")

    def _check_metrics(self) -> None:
        infinite = [name for name, value in self.metrics.items() if math.isinf(value)]
        if infinite:
            raise RegistryError(self.run_id, f"has infinite {', '.join(infinite[:3])}", "use NaN for what is undefined")

    def _check_predictions(self) -> None:
        hint = "register the predictions frame of the evaluation only"
        extra = [name for name in map(str, self.predictions.columns) if not _PREDICTION_COLUMN.fullmatch(name)]
        if extra:
            raise RegistryError(self.run_id, f"its predictions have the columns {', '.join(extra[:3])}", hint)
        for name, pattern in _PSEUDONYMS.items():
            values = self.predictions.get(name, ("absent",))
            if not all(pattern.fullmatch(str(value)) for value in values):
                raise RegistryError(self.run_id, f"its predictions hold a {name} that is no pseudonym", hint)

"""The label rule that a version was trained for. Scores on labels of another rule say nothing about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecgcore.cmr.label_rule import LabelRule
from ecgcore.errors import EvaluationError
from tasks.registry.version_tags import VersionTags

LABEL_RULE = "label_rule"


def label_rule_of(meta: Mapping[str, Any]) -> str:
    """Return the label rule of a snapshot by its ``snapshot.json``, such as ``lvef < 50``."""
    return str(meta.get(LABEL_RULE, {}).get("text", LabelRule()))


def check_label_rule(version: str, tags: VersionTags, snapshots: Path, rule: LabelRule) -> None:
    """Check that a registered version was trained for the rule by which labels are made now.

    Args:
        version: of the registered model.
        tags: of the version. One without a ``label_rule`` has that of its snapshot, or the default where that is gone.
        snapshots: the folder of snapshots.
        rule: of the settings.

    Raises:
        EvaluationError: it was trained for another one.
    """
    trained_for = tags.label_rule or _of_snapshot(snapshots / str(tags.snapshot) / "snapshot.json")
    if trained_for != str(rule):
        raise EvaluationError(
            f"version {version}",
            f"was trained for the label rule {trained_for!r}, and labels are now {str(rule)!r}",
            "set ECG_LVEF_THRESHOLD and ECG_LVEF_COMPARISON back; models for another rule need another ECG_HOME",
        )


def _of_snapshot(path: Path) -> str:
    try:
        return label_rule_of(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return str(LabelRule())

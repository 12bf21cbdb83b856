"""The label rules that a version was trained for. Scores on labels of another rule say nothing about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecgcore.errors import EvaluationError
from ecgcore.targets.catalogue import Catalogue, load_catalogue
from tasks.registry.version_tags import VersionTags

LABEL_RULE = "label_rule"


def label_rule_of(meta: Mapping[str, Any]) -> str:
    """Return the label rules of a snapshot by its ``snapshot.json``, such as ``lvef < 50; lvef_below_40 < 40``."""
    return str(meta.get(LABEL_RULE, {}).get("text", load_catalogue().rule_text))


def check_label_rule(version: str, tags: VersionTags, snapshots: Path, catalogue: Catalogue) -> None:
    """Check that a registered version was trained for the rules by which labels are made now.

    A target that only one of the two knows says nothing against the version: a further target leaves the others alone.

    Args:
        version: of the registered model.
        tags: of the version. One without a ``label_rule`` has that of its snapshot, or the shipped where that is gone.
        snapshots: the folder of snapshots.
        catalogue: of the settings.

    Raises:
        EvaluationError: it was trained for another rule of a target.
    """
    trained_for = _by_target(tags.label_rule or _of_snapshot(snapshots / str(tags.snapshot) / "snapshot.json"))
    now = _by_target(catalogue.rule_text)
    for target in sorted(trained_for.keys() & now.keys()):
        if trained_for[target] != now[target]:
            raise EvaluationError(
                f"version {version}",
                f"was trained for the label rule {trained_for[target]!r}, and labels are now {now[target]!r}",
                "set ECG_TARGETS, ECG_LVEF_THRESHOLD and ECG_LVEF_COMPARISON back; models for another rule need "
                "another ECG_HOME",
            )


def _by_target(rules: str) -> dict[str, str]:
    return {rule.split()[0]: rule for each in rules.split(";") if (rule := each.strip())}


def _of_snapshot(path: Path) -> str:
    try:
        return label_rule_of(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return label_rule_of({})

"""A trained recipe that takes part in a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.frame.predictions import LABEL_SUFFIX, check_predictions, target_names


@dataclass(frozen=True)
class Contender:
    """A recipe and what its exported model says about the test rows.

    Args:
        name: of the recipe.
        description: one line.
        predictions: frame as in docs/architecture/evaluation.md.
        reads_signals: whether its model reads the signals extracted from the image, and not the image.
    """

    name: str
    description: str
    predictions: pd.DataFrame = field(repr=False)
    reads_signals: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """What it predicts."""
        return target_names(self.predictions)


def check_contenders(contenders: Sequence[Contender]) -> None:
    """Check that all were scored on the same studies, each name once.

    Raises:
        EvaluationError: they were not, or there is none.
    """
    if not contenders:
        raise EvaluationError("benchmark", "has no recipe", "name at least one of deployments/recipes")
    names = [each.name for each in contenders]
    if len(set(names)) != len(names):
        raise EvaluationError("benchmark", f"names a recipe twice: {sorted(names)}", "name each once")
    for each in contenders:
        check_predictions(each.predictions)
        if set(each.predictions["study_id"]) != set(contenders[0].predictions["study_id"]):
            rule = f"was scored on other studies than {contenders[0].name}"
            raise EvaluationError(each.name, rule, "score all recipes on the same snapshot and test sets")


def places_of(contender: Contender) -> tuple[tuple[str, str], ...]:
    """Return the (target, test set) pairs that hold both classes, targets in the model's order."""
    return places_in(contender.predictions, contender.targets)


def places_in(studies: pd.DataFrame, targets: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the same of any studies with ``test_set`` and the targets' ``<target>_label``."""
    found = []
    for target in targets:
        for name, rows in studies.groupby("test_set"):
            if rows[target + LABEL_SUFFIX].dropna().nunique() == 2:
                found.append((target, str(name)))
    return tuple(found)

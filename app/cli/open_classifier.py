"""The classifier that ``ecg predict`` and ``ecg explain`` ask: the champion's, or that of a named directory."""

from __future__ import annotations

from pathlib import Path

from ecgcore.errors import PredictorError
from ecgcore.models.spec import Family
from ecgcore.models.table_family import TableFamily
from ecgcore.predictor.champion import champion_dir
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.formats.choice import DEPLOYED_TARGETS
from ecgcore.predictor.formats.model_dir import leaves_target_open, read_family
from ecgcore.predictor.table.table_dir import family_of
from ecgcore.settings import load_settings
from tasks.release.release import read_release

_CLINICAL = (Family.MULTI_TASK_CLINICAL, Family.SINGLE_TASK_CLINICAL, TableFamily.XGBOOST)


def open_classifier(
    model_dir: Path | None,
    task: str | None,
    option: str,
    device: str = "cpu",
    round_probabilities: bool = False,
) -> ECGClassifier:
    """Load a model directory that files alone can be predicted with.

    Args:
        model_dir: the directory; by default the champion, if its release is what its manifest says.
        task: what a single-task model predicts, if its directory does not say so.
        option: of the command line, that says ``task``.
        device, round_probabilities: as :class:`ECGClassifier`.

    Raises:
        PredictorError: there is no champion, the directory cannot be loaded, it leaves its target open and ``task`` is
            none, or the model needs clinical features.
        PromotionError: the champion's release was altered.
    """
    directory = model_dir or _champion()
    family = family_of(directory) or read_family(directory)
    if family in _CLINICAL:
        rule = f"holds a {family.value} model, which needs clinical features, and the command line takes none"
        hint = f'in Python: ECGClassifier("{directory}", "{family.value}").predict(image, clinical_features)'
        raise PredictorError(directory, rule, hint)
    if isinstance(family, Family) and task not in DEPLOYED_TARGETS and leaves_target_open(directory):
        options = " or ".join(f"{option} {target}" for target in DEPLOYED_TARGETS)
        rule = "does not say what its single-task model predicts"
        raise PredictorError(directory, rule, f"give {options}, whichever it was trained for")
    return ECGClassifier(directory, None, device, task, round_probabilities)


def _champion() -> Path:
    release = champion_dir(load_settings().home)
    read_release(release)
    return release

"""A model directory of a network, whichever format it has: the one place where they are told apart."""

from __future__ import annotations

from pathlib import Path

from ecgcore.errors import PredictorError
from ecgcore.models.spec import Family
from ecgcore.predictor.formats import mtecg
from ecgcore.predictor.formats.loaded_model import LoadedModel
from ecgcore.predictor.formats.manifest import EXPORT_AGAIN, MANIFEST, is_own, read_family_name
from ecgcore.predictor.formats.own import read_own_dir


def read_network_dir(path: Path | str, family: Family | str | None = None, task: str | None = None) -> LoadedModel:
    """Read a network's directory, strictly; nothing in it is executed.

    Args:
        path: a directory in this program's own format or the deployed predictor's.
        family: the family it must have; by default that which the files show.
        task: the target of a single-task model; needed where its directory does not say it.

    Raises:
        PredictorError: as :func:`~ecgcore.predictor.formats.own.read_own_dir` and
            :func:`~ecgcore.predictor.formats.mtecg.read_model_dir`.
    """
    read = read_own_dir if is_own(path) else mtecg.read_model_dir
    return read(path, family, task)


def read_family(path: Path | str) -> Family:
    """Return the family of a network's directory, as its files show it; the model is not loaded.

    Raises:
        PredictorError: the file that says it is missing, too large, or of no known model.
    """
    if not is_own(path):
        return mtecg.read_family(path)
    name = read_family_name(Path(path))
    if name not in list(Family):
        raise PredictorError(Path(path) / MANIFEST, f"is of family {name!r}, which is no network's", EXPORT_AGAIN)
    return Family(name)


def leaves_target_open(path: Path | str) -> bool:
    """Return whether the model is a single-task one whose directory does not say what it predicts, as upstream's.

    Raises:
        PredictorError: as :func:`read_family`.
    """
    return not is_own(path) and mtecg.leaves_target_open(path)


def weights_file(path: Path | str) -> Path:
    """Return the file whose hash tells a network's directory apart: its weights, or the manifest that names them."""
    return Path(path) / (MANIFEST if is_own(path) else mtecg.CHECKPOINT)

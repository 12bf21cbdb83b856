"""Golden studies: a few images with the probabilities a model gave, to see later that it still gives them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from ecgcore.errors import PredictorError
from ecgcore.models.spec import Family
from ecgcore.models.table_family import TableFamily
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.digest import file_sha256
from ecgcore.predictor.features import Row
from ecgcore.predictor.formats.model_dir import weights_file
from ecgcore.predictor.formats.staging import staged_directory
from ecgcore.predictor.golden.tolerance import TOLERANCE
from ecgcore.predictor.picture import ImageSource, load_picture
from ecgcore.predictor.table.table_dir import table_file
from ecgcore.reports.file.image_store import load_image

GOLDEN = "golden.json"
_TRAIN_AGAIN = "train and export again; a golden directory belongs to one exported model"

ClinicalFeatures = Row


@dataclass(frozen=True)
class GoldenStudy:
    """One recorded study: the image's file name and hash, its clinical features, the probabilities by target.

    A table model's has no image.
    """

    image: str | None
    image_sha256: str | None
    clinical_features: ClinicalFeatures | None
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class Golden:
    """What ``golden.json`` holds: how the model is loaded, the hash of the file that tells it, and the studies."""

    model_class: str
    task: str
    model_sha256: str
    studies: tuple[GoldenStudy, ...]


@dataclass(frozen=True)
class ReplayReport:
    """The result of a replay.

    Args:
        ok: at least one study, and no probability differs by more than the tolerance.
        studies: how many were replayed.
        max_difference: the largest absolute difference of a probability.
        tolerance: what was allowed.
        model_sha256: hash of ``model.ckpt``, or of ``manifest.json``, which names the hashes of all other files.
    """

    ok: bool
    studies: int
    max_difference: float
    tolerance: float
    model_sha256: str


def write_golden(
    model_dir: Path | str,
    images: Iterable[ImageSource],
    out: Path | str,
    model_class: str = Family.MULTI_TASK.value,
    task: str = "scar",
    clinical_features: Sequence[ClinicalFeatures] | None = None,
) -> Path:
    """Predict ``images`` with the exported model on the CPU and keep them, lossless, with the unrounded probabilities.

    Args:
        model_dir: the exported directory.
        images: canonical images, read one by one; a path is one of the image store, and is taken as it is.
        out: the directory to write; replaced if it exists.
        model_class: as :class:`ECGClassifier`.
        task: as :class:`ECGClassifier`.
        clinical_features: one per image, for clinical models.

    Raises:
        PredictorError: the model or an image cannot be used, or there is no image.
        StoreError: the file of an image is missing or damaged.
    """
    classifier = ECGClassifier(model_dir, model_class, "cpu", task, round_probabilities=False)
    with staged_directory(Path(out)) as work:
        rows = _features_of(images, clinical_features)
        studies = [_record(classifier, work, number, image, row) for number, (image, row) in enumerate(rows)]
        if not studies:
            raise PredictorError(out, "would hold no golden study", "give at least one validation image")
        content = {
            "model_class": model_class,
            "task": task,
            "model_sha256": file_sha256(weights_file(model_dir)),
            "studies": studies,
        }
        (work / GOLDEN).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return Path(out)


def replay(model_dir: Path | str, golden_dir: Path | str, tolerance: float = TOLERANCE) -> ReplayReport:
    """Predict the golden studies again and compare.

    Raises:
        PredictorError: the model cannot be loaded, the golden directory is incomplete or altered, or it belongs to
            another model. A difference of probabilities is no error but ``ok = False``.
    """
    golden = read_golden(golden_dir)
    telling = table_file(model_dir) if golden.model_class in list(TableFamily) else weights_file(model_dir)
    if telling.is_file() and file_sha256(telling) != golden.model_sha256:  # if it is missing, its reader says so
        raise PredictorError(Path(golden_dir) / GOLDEN, f"belongs to another {telling.name}", _TRAIN_AGAIN)
    classifier = ECGClassifier(model_dir, golden.model_class, "cpu", golden.task, round_probabilities=False)
    differences = [d for study in golden.studies for d in _differences(classifier, Path(golden_dir), study)]
    largest = max(differences) if all(map(math.isfinite, differences)) else math.inf
    return ReplayReport(largest <= tolerance, len(golden.studies), largest, tolerance, golden.model_sha256)


def read_golden(golden_dir: Path | str) -> Golden:
    """Read ``golden.json`` and check the images' hashes.

    Raises:
        PredictorError: the file or an image is missing, altered or malformed.
    """
    path = Path(golden_dir) / GOLDEN
    try:
        golden = _golden(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PredictorError(path, f"cannot be read ({error.strerror})", _TRAIN_AGAIN) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PredictorError(path, f"is malformed ({type(error).__name__}: {error})", _TRAIN_AGAIN) from error
    for study in golden.studies:
        if study.image is not None:
            _check_image(Path(golden_dir) / study.image, study.image_sha256)
    return golden


def _features_of(
    images: Iterable[ImageSource], features: Sequence[ClinicalFeatures] | None
) -> Iterator[tuple[ImageSource, ClinicalFeatures | None]]:
    left = None if features is None else list(features)
    for image in images:
        if left == []:
            raise PredictorError("golden studies", "have fewer clinical features than images", "give one set per image")
        yield image, None if left is None else left.pop(0)


def _record(
    classifier: ECGClassifier, work: Path, number: int, image: ImageSource, features: ClinicalFeatures | None
) -> dict[str, Any]:
    name = f"{number:03d}.png"
    pixels = load_image(Path(image)) if isinstance(image, str | Path) else load_picture(image)
    Image.fromarray(pixels).save(work / name)
    return {
        "image": name,
        "image_sha256": file_sha256(work / name),
        "clinical_features": None if features is None else dict(features),
        "probabilities": _positives(classifier, work / name, features),
    }


def _positives(classifier: ECGClassifier, path: Path | None, features: ClinicalFeatures | None) -> dict[str, float]:
    if path is None:
        answer = classifier.predict(None, features)
    else:
        with Image.open(path, formats=("PNG",)) as image:  # not by its path: it is canonical, whatever its shape
            answer = classifier.predict(image, features)
    return {target: found["probability"]["positive"] for target, found in answer.items()}


def _differences(classifier: ECGClassifier, folder: Path, study: GoldenStudy) -> list[float]:
    image = None if study.image is None else folder / study.image
    now = _positives(classifier, image, study.clinical_features)
    if now.keys() != study.probabilities.keys():
        raise PredictorError(folder / GOLDEN, "a study has other targets than the model", _TRAIN_AGAIN)
    return [abs(now[target] - value) for target, value in study.probabilities.items()]


def _golden(content: dict[str, Any]) -> Golden:
    studies = tuple(GoldenStudy(**study) for study in content["studies"])
    if not studies or any(_is_elsewhere(study.image) or not study.probabilities for study in studies):
        raise ValueError("no studies, an image elsewhere, or no probabilities")
    return Golden(content["model_class"], content["task"], content["model_sha256"], studies)


def _is_elsewhere(image: str | None) -> bool:
    return image is not None and image != Path(image).name


def _check_image(path: Path, sha256: str | None) -> None:
    if not path.is_file() or file_sha256(path) != sha256:
        raise PredictorError(path, "is missing or altered", _TRAIN_AGAIN)

"""``manifest.json``: what a directory of this program's own format holds, and the hash of each of its files.

The last entry is the hash of all others, so that an edit by hand is noticed. Who must not be fooled compares the
directory's fingerprint (:mod:`ecgcore.predictor.fingerprint`) with the registry's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecgcore.errors import PredictorError
from ecgcore.predictor.digest import file_sha256

MANIFEST = "manifest.json"
FORMAT = "ecg-model"
VERSION = 1
CLASSES = ("negative", "positive")
MAX_MANIFEST_BYTES = 1024**2
MAX_FILE_BYTES = 2 * 1024**3
EXPORT_AGAIN = "export the model again; do not edit the directory by hand"

_KEYS = {"format", "version", "family", "targets", "classes", "input", "model", "files", "sha256"}
_NETWORK_KEYS = _KEYS | {"preprocessing", "imputation", "epoch", "global_step"}


def is_own(path: Path | str) -> bool:
    """Return whether a directory has this program's own format."""
    return (Path(path) / MANIFEST).is_file()


def write_manifest(folder: Path, said: Mapping[str, Any]) -> None:
    """Write the manifest of a directory whose other files are there.

    Args:
        folder: the directory.
        said: family, targets, input and model; of a network its preprocessing and what it was trained with, too.
    """
    files = {path.name: file_sha256(path) for path in sorted(folder.iterdir())}
    content = {"format": FORMAT, "version": VERSION, "classes": list(CLASSES), **said, "files": files}
    text = json.dumps({**content, "sha256": _sha256(content)}, indent=2, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what the manifest says, after checking it and each file that it names.

    Raises:
        PredictorError: it or a file is missing, too large or altered, or it is of another format or version.
    """
    path = folder / MANIFEST
    content = _parsed(path)
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        rule = f"is of format {content.get('format')!r} {content.get('version')!r}, read are {FORMAT!r} {VERSION}"
        raise PredictorError(path, rule, "load it with the version of this program that wrote it")
    if set(content) not in (_KEYS, _NETWORK_KEYS):
        nearest = min((_KEYS, _NETWORK_KEYS), key=lambda keys: len(keys ^ set(content)))
        raise PredictorError(path, f"{', '.join(sorted(nearest ^ set(content)))} is missing or too many", EXPORT_AGAIN)
    if content["sha256"] != _sha256({key: value for key, value in content.items() if key != "sha256"}):
        raise PredictorError(path, "is altered: it no longer has the SHA-256 that it names", EXPORT_AGAIN)
    if content["classes"] != list(CLASSES):
        raise PredictorError(path, f"classes must be {', '.join(CLASSES)}, are {content['classes']!r}", EXPORT_AGAIN)
    _check_files(path, content["files"])
    return content


def read_family_name(folder: Path) -> str:
    """Return the family that the manifest names; nothing else is checked.

    Raises:
        PredictorError: the manifest cannot be read or names none.
    """
    family = _parsed(folder / MANIFEST).get("family")
    if not isinstance(family, str):
        raise PredictorError(folder / MANIFEST, "names no family", EXPORT_AGAIN)
    return family


def _parsed(path: Path) -> dict[str, Any]:
    _check_size(path, MAX_MANIFEST_BYTES)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise PredictorError(path, f"is not JSON ({type(error).__name__})", EXPORT_AGAIN) from error
    if not isinstance(content, dict):
        raise PredictorError(path, "must be a JSON object", EXPORT_AGAIN)
    return content


def _check_files(manifest: Path, files: object) -> None:
    if not isinstance(files, dict) or any(name != Path(name).name for name in files):
        raise PredictorError(manifest, "files must be names with their SHA-256", EXPORT_AGAIN)
    for name, sha256 in files.items():
        path = manifest.with_name(name)
        _check_size(path, MAX_FILE_BYTES)
        if file_sha256(path) != sha256:
            raise PredictorError(path, f"is altered: {MANIFEST} names another SHA-256", EXPORT_AGAIN)


def _check_size(path: Path, limit: int) -> None:
    if not path.is_file():
        raise PredictorError(path, "is missing", "name a model directory, as a training wrote it")
    if path.stat().st_size > limit:
        raise PredictorError(path, f"has {path.stat().st_size} bytes, at most {limit} are read", EXPORT_AGAIN)


def _sha256(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

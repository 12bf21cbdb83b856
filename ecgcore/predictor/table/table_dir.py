"""The model directory of a table model, in this program's own format: writes it, and reads it strictly.

manifest.json  <target>.json (xgboost only)

Versions of before wrote ``configs.json`` in place of the manifest; those directories are still read.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecgcore.data.clinical import CLINICAL_COLUMNS
from ecgcore.errors import PredictorError, RecipeError
from ecgcore.models.boosted import BoostedModel
from ecgcore.models.booster_file import MAX_BYTES, booster_text, read_booster
from ecgcore.models.majority import MajorityModel
from ecgcore.models.odds_line import OddsLine
from ecgcore.models.spec import check_targets
from ecgcore.models.table_family import TableFamily, TableModel
from ecgcore.predictor.formats.manifest import (
    EXPORT_AGAIN,
    MANIFEST,
    is_own,
    read_family_name,
    read_manifest,
    write_manifest,
)
from ecgcore.predictor.formats.staging import staged_directory

CONFIGS = "configs.json"
MAX_CONFIG_BYTES = 1024**2
MAX_TARGETS = 32

_KEYS = {
    TableFamily.XGBOOST: {"model_class", "features", "targets"},
    TableFamily.MAJORITY: {"model_class", "targets"},
}
_TARGET_KEYS = {TableFamily.XGBOOST: {"sha256", "slope", "intercept"}, TableFamily.MAJORITY: {"prevalence"}}
_OLD_TARGET_KEYS = {"sha256", "temperature"}  # of boosters exported until 2026


def write_table_dir(model: TableModel, out_dir: Path | str) -> Path:
    """Write a table model, read it back, and only then let it appear as ``out_dir``, which it replaces.

    Raises:
        PredictorError: the model cannot be read back, or the disk refuses.
    """
    with staged_directory(Path(out_dir)) as work:
        said = _write_boosted(model, work) if isinstance(model, BoostedModel) else _majority(model)
        shared = {"targets": list(model.targets), "input": {"kind": "table", "features": list(model.features)}}
        write_manifest(work, shared | said)
        read_table_dir(work, said["family"])
    return Path(out_dir)


def table_file(path: Path | str) -> Path:
    """Return the file that names the hashes of all others in a table model's directory."""
    return Path(path) / (MANIFEST if is_own(path) else CONFIGS)


def family_of(path: Path | str) -> TableFamily | None:
    """Return which table model a directory says it holds; None where it says something else or nothing."""
    try:
        if is_own(path):
            return TableFamily(read_family_name(Path(path)))
        content = json.loads(_read(Path(path) / CONFIGS, MAX_CONFIG_BYTES))
        return TableFamily(content["model_class"])
    except (PredictorError, ValueError, RecursionError, KeyError, TypeError):
        return None  # a network's directory, or a broken one: its own reader says what is wrong


def read_table_dir(path: Path | str, family: TableFamily | str) -> TableModel:
    """Read the directory of a table model; nothing in it is executed.

    Args:
        path: a directory with ``manifest.json`` or, of before, ``configs.json``, and, for xgboost, a booster per
            target; other files are ignored.
        family: the family it must have.

    Raises:
        PredictorError: a file is missing, too large, altered or unreadable, it is of another family, or a value is
            out of its range.
    """
    path, family = Path(path), TableFamily(family)
    configs = _read_manifest(path, family) if is_own(path) else _read_configs(path / CONFIGS, family)
    if family is TableFamily.MAJORITY:
        return MajorityModel({t: _number(path, each["prevalence"]) for t, each in configs["targets"].items()})
    features = _features(path / CONFIGS, configs["features"])
    return BoostedModel(
        features=features,
        boosters={t: _read_booster(path / f"{t}.json", e["sha256"], features) for t, e in configs["targets"].items()},
        odds_lines={t: _odds_line(path / CONFIGS, e) for t, e in configs["targets"].items()},
    )


def _majority(model: MajorityModel) -> dict[str, Any]:
    shares = {target: {"prevalence": share} for target, share in model.prevalence.items()}
    return {"family": TableFamily.MAJORITY.value, "model": shares}


def _write_boosted(model: BoostedModel, work: Path) -> dict[str, Any]:
    targets = {}
    for target, booster in model.boosters.items():
        content = booster_text(booster).encode()
        (work / f"{target}.json").write_bytes(content)
        targets[target] = vars(model.odds_lines[target])
    return {"family": TableFamily.XGBOOST.value, "model": targets}


def _read_manifest(path: Path, family: TableFamily) -> dict[str, Any]:
    """Return what a manifest says, as ``configs.json`` says it."""
    said, manifest = read_manifest(path), path / MANIFEST
    if said["family"] != family.value:
        rule = f"belongs to a {said['family']} model, asked for is {family.value}"
        raise PredictorError(manifest, rule, f'pass "{said["family"]}"')
    _check_keys(manifest, said["input"], {"kind", "features"})
    _check_targets(manifest, said["model"])
    if said["targets"] != list(said["model"]):
        raise PredictorError(manifest, "names other targets than models", EXPORT_AGAIN)
    targets = {
        target: _with_hash(manifest, each, said["files"], target, family) for target, each in said["model"].items()
    }
    return {"features": said["input"]["features"], "targets": targets}


def _with_hash(manifest: Path, each: object, files: Mapping[str, str], target: str, family: TableFamily) -> object:
    if family is TableFamily.XGBOOST and isinstance(each, dict):
        each = {**each, "sha256": files.get(f"{target}.json")}
    _check_keys(manifest, each, _TARGET_KEYS[family])
    return each


def _read_configs(path: Path, family: TableFamily) -> dict[str, Any]:
    try:
        content = json.loads(_read(path, MAX_CONFIG_BYTES))
    except (ValueError, RecursionError) as error:
        raise PredictorError(path, f"is not JSON ({type(error).__name__})", EXPORT_AGAIN) from error
    if not isinstance(content, dict) or content.get("model_class") != family.value:
        found = content.get("model_class") if isinstance(content, dict) else None
        raise PredictorError(path, f"belongs to model_class {found!r}, asked for is {family.value!r}", EXPORT_AGAIN)
    _check_keys(path, content, _KEYS[family])
    _check_targets(path, content["targets"])
    for each in content["targets"].values():
        old = isinstance(each, dict) and "temperature" in each
        _check_keys(path, each, _OLD_TARGET_KEYS if old else _TARGET_KEYS[family])
    return content


def _check_targets(path: Path, targets: object) -> None:
    try:
        names = check_targets(list(targets) if isinstance(targets, dict) else None)
    except RecipeError as error:
        raise PredictorError(path, f"{error.thing}: {error.rule}", error.hint) from error
    if len(names) > MAX_TARGETS:
        raise PredictorError(path, f"names {len(names)} targets, at most {MAX_TARGETS} are read", EXPORT_AGAIN)


def _check_keys(path: Path, content: object, keys: set[str]) -> None:
    found = set(content) if isinstance(content, dict) else set()
    if found != keys:
        wrong = ", ".join(sorted(map(str, found ^ keys)))
        raise PredictorError(path, f"{wrong} is missing or too many", EXPORT_AGAIN)


def _features(path: Path, names: object) -> tuple[str, ...]:
    found = tuple(names) if isinstance(names, list) else ()
    if not found or not all(name in CLINICAL_COLUMNS for name in found) or len(set(found)) != len(found):
        raise PredictorError(path, f"features {names!r} are not among {', '.join(CLINICAL_COLUMNS)}", EXPORT_AGAIN)
    return found


def _read_booster(path: Path, sha256: object, features: tuple[str, ...]) -> Any:
    content = _read(path, MAX_BYTES)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise PredictorError(path, "is altered: another SHA-256 is named", EXPORT_AGAIN)
    return read_booster(content.decode("utf-8", "replace"), len(features), path)


def _odds_line(path: Path, target: Mapping[str, Any]) -> OddsLine:
    name = "temperature" if "temperature" in target else "slope"
    if not _number(path, target[name]) > 0:
        raise PredictorError(path, f"a {name} must be above 0, is {target[name]!r}", EXPORT_AGAIN)
    if name == "temperature":
        return OddsLine.of_temperature(target[name])
    return OddsLine(_number(path, target["slope"]), _number(path, target["intercept"]))


def _number(path: Path, value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise PredictorError(path, f"{value!r} is not a finite number", EXPORT_AGAIN)
    return float(value)  # type: ignore[arg-type]


def _read(path: Path, limit: int) -> bytes:
    if not path.is_file():
        raise PredictorError(path, "is missing", "name a model directory, as a training wrote it")
    if path.stat().st_size > limit:
        raise PredictorError(path, f"has {path.stat().st_size} bytes, at most {limit} are read", EXPORT_AGAIN)
    return path.read_bytes()

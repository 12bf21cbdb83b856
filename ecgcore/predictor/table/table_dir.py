"""The model directory of a table model: writes it, and reads it strictly. The deployed predictor knows none of it.

configs.json  <target>.json (xgboost only)
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
_EXPORT_AGAIN = "export the model again; do not edit the directory by hand"


def write_table_dir(model: TableModel, out_dir: Path | str) -> Path:
    """Write a table model, read it back, and only then let it appear as ``out_dir``, which it replaces.

    Raises:
        PredictorError: the model cannot be read back, or the disk refuses.
    """
    with staged_directory(Path(out_dir)) as work:
        configs = _write_boosted(model, work) if isinstance(model, BoostedModel) else _majority_configs(model)
        (work / CONFIGS).write_text(json.dumps(configs, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        read_table_dir(work, configs["model_class"])
    return Path(out_dir)


def family_of(path: Path | str) -> TableFamily | None:
    """Return which table model a directory says it holds; None where it says something else or nothing."""
    configs = Path(path) / CONFIGS
    try:
        content = json.loads(_read(configs, MAX_CONFIG_BYTES))
        return TableFamily(content["model_class"])
    except (PredictorError, ValueError, RecursionError, KeyError, TypeError):
        return None  # a network's directory, or a broken one: its own reader says what is wrong


def read_table_dir(path: Path | str, family: TableFamily | str) -> TableModel:
    """Read the directory of a table model; nothing in it is executed.

    Args:
        path: a directory with ``configs.json`` and, for xgboost, a booster per target; other files are ignored.
        family: the family it must have.

    Raises:
        PredictorError: a file is missing, too large, altered or unreadable, it is of another family, or a value is
            out of its range.
    """
    path, family = Path(path), TableFamily(family)
    configs = _read_configs(path / CONFIGS, family)
    if family is TableFamily.MAJORITY:
        return MajorityModel({t: _number(path, each["prevalence"]) for t, each in configs["targets"].items()})
    features = _features(path / CONFIGS, configs["features"])
    return BoostedModel(
        features=features,
        boosters={t: _read_booster(path / f"{t}.json", e["sha256"], features) for t, e in configs["targets"].items()},
        odds_lines={t: _odds_line(path / CONFIGS, e) for t, e in configs["targets"].items()},
    )


def _majority_configs(model: MajorityModel) -> dict[str, Any]:
    return {
        "model_class": TableFamily.MAJORITY.value,
        "targets": {target: {"prevalence": share} for target, share in model.prevalence.items()},
    }


def _write_boosted(model: BoostedModel, work: Path) -> dict[str, Any]:
    targets = {}
    for target, booster in model.boosters.items():
        content = booster_text(booster).encode()
        (work / f"{target}.json").write_bytes(content)
        line = model.odds_lines[target]
        targets[target] = {"sha256": hashlib.sha256(content).hexdigest(), **vars(line)}
    return {"model_class": TableFamily.XGBOOST.value, "features": list(model.features), "targets": targets}


def _read_configs(path: Path, family: TableFamily) -> dict[str, Any]:
    try:
        content = json.loads(_read(path, MAX_CONFIG_BYTES))
    except (ValueError, RecursionError) as error:
        raise PredictorError(path, f"is not JSON ({type(error).__name__})", _EXPORT_AGAIN) from error
    if not isinstance(content, dict) or content.get("model_class") != family.value:
        found = content.get("model_class") if isinstance(content, dict) else None
        raise PredictorError(path, f"belongs to model_class {found!r}, asked for is {family.value!r}", _EXPORT_AGAIN)
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
        raise PredictorError(path, f"names {len(names)} targets, at most {MAX_TARGETS} are read", _EXPORT_AGAIN)


def _check_keys(path: Path, content: object, keys: set[str]) -> None:
    found = set(content) if isinstance(content, dict) else set()
    if found != keys:
        wrong = ", ".join(sorted(map(str, found ^ keys)))
        raise PredictorError(path, f"{wrong} is missing or too many", _EXPORT_AGAIN)


def _features(path: Path, names: object) -> tuple[str, ...]:
    found = tuple(names) if isinstance(names, list) else ()
    if not found or not all(name in CLINICAL_COLUMNS for name in found) or len(set(found)) != len(found):
        raise PredictorError(path, f"features {names!r} are not among {', '.join(CLINICAL_COLUMNS)}", _EXPORT_AGAIN)
    return found


def _read_booster(path: Path, sha256: object, features: tuple[str, ...]) -> Any:
    content = _read(path, MAX_BYTES)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise PredictorError(path, f"is altered: {CONFIGS} names another SHA-256", _EXPORT_AGAIN)
    return read_booster(content.decode("utf-8", "replace"), len(features), path)


def _odds_line(path: Path, target: Mapping[str, Any]) -> OddsLine:
    name = "temperature" if "temperature" in target else "slope"
    if not _number(path, target[name]) > 0:
        raise PredictorError(path, f"a {name} must be above 0, is {target[name]!r}", _EXPORT_AGAIN)
    if name == "temperature":
        return OddsLine.of_temperature(target[name])
    return OddsLine(_number(path, target["slope"]), _number(path, target["intercept"]))


def _number(path: Path, value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise PredictorError(path, f"{value!r} is not a finite number", _EXPORT_AGAIN)
    return float(value)  # type: ignore[arg-type]


def _read(path: Path, limit: int) -> bytes:
    if not path.is_file():
        raise PredictorError(path, "is missing", "name a model directory, as a training wrote it")
    if path.stat().st_size > limit:
        raise PredictorError(path, f"has {path.stat().st_size} bytes, at most {limit} are read", _EXPORT_AGAIN)
    return path.read_bytes()

"""The one adapter that knows the deployed predictor's directory: writes it, and reads it strictly.

It is written for what the deployed predictor loads, and only for that: the four families on images, see
:mod:`~ecgcore.predictor.formats.choice`. Signal models were written in this layout, too, until they got the format of
:mod:`~ecgcore.predictor.formats.own`; those directories are still read.

configs.json  model.ckpt
transform.json  train_transform.json
signal.json                              of signal models of before, in place of the other two
targets.json                             single-task families: what configs.json does not say
imputation.json  imputer.joblib  imputer_threshold_dict.joblib    clinical families, when their training imputed

The ``.joblib`` files are for upstream's own evaluation. They are pickles, and nothing here reads them: the numbers that
they hold stand in the JSON file beside them.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ecgcore.data.image_transform import ImageTransform
from ecgcore.data.imputation import Imputation
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.errors import PredictorError, RecipeError
from ecgcore.models.factory import Network, build
from ecgcore.models.heads import CLASSES
from ecgcore.models.odds_line import OddsLine
from ecgcore.models.spec import ClinicalSpec, Family, ModelSpec, Pretrained
from ecgcore.predictor.formats import contract
from ecgcore.predictor.formats.checkpoint import EXPORT_AGAIN, check_entries, envelope, read_checkpoint, some
from ecgcore.predictor.formats.choice import DEPLOYED_TARGETS, why_not_deployed
from ecgcore.predictor.formats.loaded_model import LoadedModel
from ecgcore.predictor.formats.staging import staged_directory

log = logging.getLogger(__name__)

CONFIGS = "configs.json"
CHECKPOINT = "model.ckpt"
TRANSFORM = "transform.json"
TRAIN_TRANSFORM = "train_transform.json"
SIGNAL = "signal.json"
TARGETS = "targets.json"
IMPUTATION = "imputation.json"
DEFAULT_TASK = "scar"
MAX_CHECKPOINT_BYTES = 2 * 1024**3
MAX_TEXT_BYTES = 1024**2


def write_model_dir(
    network: Network,
    spec: ModelSpec,
    transform: ImageTransform,
    train_transform_json: str,
    out_dir: Path | str,
    loss_ratio: Mapping[str, float] | None = None,
    loss_weights: Mapping[str, Sequence[float]] | None = None,
    epoch: int = 0,
    global_step: int = 0,
    odds_lines: Mapping[str, OddsLine] | None = None,
    learning_rate: float = 5e-3,
    imputation: Imputation | None = None,
    companions: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a directory that the deployed predictor loads, read it back, and only then let it appear as ``out_dir``.

    Args:
        network: on any device, in any mode; it is not changed.
        spec: the network's layout.
        transform: inference preprocessing.
        train_transform_json: the training augmentation, in albumentations' form; the predictor never reads it.
        out_dir: replaced if it exists.
        loss_ratio: share of each target in the training loss; equal by default. The single-task forms cannot hold it.
        loss_weights: (negative, positive) class weights by target; 1, 1 by default. Multi-task only, as above.
        epoch: the exported epoch.
        global_step: optimiser steps until then.
        odds_lines: by target; each is folded into the weights and biases of its head, so that a predictor that knows
            nothing of it answers with the logistic function of the line. Targets without one keep their logits.
        learning_rate: recorded in ``configs.json``.
        imputation: of missing clinical features; clinical families only.
        companions: further files, by name.

    Returns:
        ``out_dir``.

    Raises:
        PredictorError: the network does not fit the deployed predictor, a value is wrong, or the disk refuses.
    """
    _check_same_layout(network, spec)
    _check_deployable(spec)
    _check_transforms(transform, train_transform_json)
    ratio = _loss_ratio(spec, loss_ratio)
    weights = _loss_weights(spec, loss_weights)
    state = _deployed_state(network, spec, odds_lines or {}) | contract.extra_entries(spec, weights)
    contract.check_backbone(spec, {name: tuple(value.shape) for name, value in state.items()})
    configs = contract.configs(spec, learning_rate, ratio, weights)
    with staged_directory(Path(out_dir)) as work:
        _write_text(work / CONFIGS, json.dumps(configs, indent=2, allow_nan=False) + "\n")
        _write_text(work / TRANSFORM, transform.to_json())
        _write_text(work / TRAIN_TRANSFORM, train_transform_json)
        if spec.family.is_single:
            _write_text(work / TARGETS, json.dumps({"targets": list(spec.targets)}) + "\n")
        if imputation is not None:
            _write_text(work / IMPUTATION, imputation.to_json())
        for name, content in (companions or {}).items():
            (work / name).write_bytes(content)
        torch.save(envelope(state, epoch, global_step), work / CHECKPOINT)
        read_model_dir(work, spec.family, spec.targets[0])
    return Path(out_dir)


def read_model_dir(path: Path | str, family: Family | str | None = None, task: str | None = None) -> LoadedModel:
    """Read a model directory, strictly; nothing in it is executed.

    Args:
        path: a directory with ``configs.json``, ``model.ckpt`` and ``transform.json`` or ``signal.json``.
        family: the family it must have; by default that which the files show.
        task: the target of a single-task model; needed where the directory has no ``targets.json``. If it is None
            there, scar is assumed, with a warning in the log.

    Raises:
        PredictorError: a file is missing, too large or unreadable; another family or target; ``pretrained`` is not
            false; entries are missing, unexpected, of another shape or type, or not finite.
    """
    path = Path(path)
    preprocessing = SIGNAL if (path / SIGNAL).is_file() else TRANSFORM
    for name in (CONFIGS, CHECKPOINT, preprocessing):
        _check_file(path / name, MAX_CHECKPOINT_BYTES if name == CHECKPOINT else MAX_TEXT_BYTES)
    spec = _read_spec(path, family, task)
    transform = _read_transform(path / preprocessing)
    checkpoint = read_checkpoint(path / CHECKPOINT, MAX_CHECKPOINT_BYTES)
    network = _load(path / CHECKPOINT, spec, checkpoint["state_dict"])
    imputation = _read_imputation(path / IMPUTATION) if spec.family.is_clinical else None
    return LoadedModel(path, network, spec, transform, checkpoint["epoch"], checkpoint["global_step"], imputation)


def read_family(path: Path | str) -> Family:
    """Return the family of a model directory, as its files show it; the model is not loaded.

    Raises:
        PredictorError: ``configs.json`` is missing, too large, or of no known model.
    """
    configs = Path(path) / CONFIGS
    _check_file(configs, MAX_TEXT_BYTES)
    return _family(configs, _read_object(configs), signal=(Path(path) / SIGNAL).is_file())


def leaves_target_open(path: Path | str) -> bool:
    """Return whether the model is a single-task one whose directory does not say what it predicts, as upstream's.

    Raises:
        PredictorError: as :func:`read_family`.
    """
    return read_family(path).is_single and not (Path(path) / TARGETS).is_file()


def _check_same_layout(network: Network, spec: ModelSpec) -> None:
    if replace(network.spec, pretrained=Pretrained.NONE) != replace(spec, pretrained=Pretrained.NONE):
        raise PredictorError("the network", "has another layout than the spec names", "pass network.spec")


def _check_deployable(spec: ModelSpec) -> None:
    if why := why_not_deployed(spec):
        raise PredictorError(
            f"a {spec.family.value} network",
            f"does not fit the deployed predictor: this model {why}",
            "write it in this program's own format",
        )


def _check_transforms(transform: object, training: str) -> None:
    if not isinstance(transform, ImageTransform):
        rule = "is no preprocessing of images"
        raise PredictorError(type(transform).__name__, rule, "pass the transform that the training used")
    try:
        json.loads(training)
    except ValueError as error:
        raise PredictorError(TRAIN_TRANSFORM, f"is not JSON ({error})", "pass the augmentation as JSON text") from error


def _loss_ratio(spec: ModelSpec, given: Mapping[str, float] | None) -> dict[str, float]:
    ratio = dict(given) if given is not None else {target: 1 / len(spec.targets) for target in spec.targets}
    if set(ratio) != set(spec.targets) or not all(math.isfinite(r) and r >= 0 for r in ratio.values()):
        raise PredictorError("loss_ratio", f"must have one share per target, is {ratio}", "name each target once")
    return ratio


def _loss_weights(spec: ModelSpec, given: Mapping[str, Sequence[float]] | None) -> dict[str, tuple[float, ...]]:
    by_target = given if given is not None else dict.fromkeys(spec.targets, (1.0, 1.0))
    weights = {target: tuple(float(w) for w in values) for target, values in by_target.items()}
    right = all(len(w) == CLASSES and all(math.isfinite(v) and v >= 0 for v in w) for w in weights.values())
    if set(weights) != set(spec.targets) or not right:
        raise PredictorError("loss_weights", f"must have two weights per target, is {weights}", "name each target once")
    return weights


def _deployed_state(network: Network, spec: ModelSpec, lines: Mapping[str, OddsLine]) -> dict[str, torch.Tensor]:
    return {contract.deployed_name(spec, name): value for name, value in exported_state(network, spec, lines).items()}


def exported_state(network: Network, spec: ModelSpec, lines: Mapping[str, OddsLine]) -> dict[str, torch.Tensor]:
    """Return a network's state as it is exported: on the CPU, in 32 bit, the lines folded into the heads.

    Raises:
        PredictorError: a line is of no target of the network, or its head cannot hold it.
    """
    state = {name: _plain(value) for name, value in network.state_dict().items()}
    for target, line in lines.items():
        state |= _folded(spec, state, target, line)
    return state


def _plain(value: torch.Tensor) -> torch.Tensor:
    kind = torch.float32 if value.is_floating_point() else value.dtype
    return value.detach().to("cpu", kind, copy=True).contiguous()


def _folded(spec: ModelSpec, state: Mapping[str, torch.Tensor], target: str, line: OddsLine) -> dict[str, torch.Tensor]:
    if target not in spec.targets:
        rule = "is no target of this network, and has a line on its log odds"
        raise PredictorError(repr(target), rule, f"give lines for {', '.join(spec.targets)}")
    try:
        return line.folded(state, f"heads.{target}")
    except ValueError as error:
        raise PredictorError(f"the head of {target!r}", str(error), "calibrate with the slope alone") from error


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _check_file(path: Path, limit: int) -> None:
    if not path.is_file():
        raise PredictorError(path, "is missing", "name a model directory, as a training or `ecg promote` wrote it")
    if path.stat().st_size > limit:
        raise PredictorError(path, f"has {path.stat().st_size} bytes, at most {limit} are read", EXPORT_AGAIN)


def _read_transform(path: Path) -> ImageTransform | SignalTransform:
    kind: type[ImageTransform] | type[SignalTransform] = SignalTransform if path.name == SIGNAL else ImageTransform
    try:
        return kind.from_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise PredictorError(path, "is not text", EXPORT_AGAIN) from error
    except PredictorError as error:
        raise PredictorError(path, error.rule, error.hint) from error


def _read_imputation(path: Path) -> Imputation | None:
    if not path.exists():  # as in the directories of upstream, which has a pickle instead
        return None
    _check_file(path, MAX_TEXT_BYTES)
    try:
        return Imputation.from_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise PredictorError(path, "is not text", EXPORT_AGAIN) from error
    except PredictorError as error:
        raise PredictorError(path, error.rule, error.hint) from error


def _read_spec(folder: Path, family: Family | str | None, task: str | None) -> ModelSpec:
    path = folder / CONFIGS
    content = _read_object(path)
    found = _family(path, content, signal=(folder / SIGNAL).is_file())
    if family is not None and Family(family) is not found:
        raise PredictorError(
            path, f"belongs to a {found.value} model, asked for is {Family(family).value}", f'pass "{found.value}"'
        )
    _check_constants(path, content, found)
    with _blamed_on(path):
        return _spec(content, found, _task(folder / TARGETS, task) if found.is_single else DEFAULT_TASK)


def _task(path: Path, asked: str | None) -> str:
    """Return the one target of a single-task model: what the directory says, or what was asked for."""
    if not path.is_file():
        return asked or _assumed(path.parent)
    _check_file(path, MAX_TEXT_BYTES)
    named = _read_object(path).get("targets")
    if not isinstance(named, list) or len(named) != 1 or not isinstance(named[0], str):
        raise PredictorError(path, f"must name one target, has {named!r}", EXPORT_AGAIN)
    if asked not in (None, named[0]):
        raise PredictorError(path, f"says that the model predicts {named[0]}, asked for is {asked}", "ask for that")
    return named[0]


def _assumed(folder: Path) -> str:
    text = '%s does not say what its single-task model predicts: "%s" is assumed. Pass task="..." to say it'
    log.warning(text, folder, DEFAULT_TASK)
    return DEFAULT_TASK


@contextmanager
def _blamed_on(path: Path) -> Iterator[None]:
    try:
        yield
    except RecipeError as error:
        raise PredictorError(path, f"{error.thing}: {error.rule}", error.hint) from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PredictorError(path, f"is not JSON ({error})", EXPORT_AGAIN) from error
    if not isinstance(content, dict):
        raise PredictorError(path, "must be a JSON object", EXPORT_AGAIN)
    return content


def _family(path: Path, content: Mapping[str, Any], signal: bool) -> Family:
    candidates = [family for family in Family if family.is_signal is signal]
    for family in candidates:
        if contract.config_keys(family) == set(content):
            return family
    nearest = min(candidates, key=lambda family: len(contract.config_keys(family) ^ set(content)))
    wrong = sorted(contract.config_keys(nearest) ^ set(content))
    raise PredictorError(
        path,
        f"has the keys of no known model; for {nearest.value} {some(wrong)} is missing or too many",
        EXPORT_AGAIN,
    )


def _check_constants(path: Path, content: Mapping[str, Any], family: Family) -> None:
    wanted: dict[str, Any] = {"use_timm": True, "pretrained": False, "load_state_dict": None}
    wanted |= {"num_classes": CLASSES} if family.is_single else {f"{t}_class": CLASSES for t in DEPLOYED_TARGETS}
    if family.is_clinical:
        known = ClinicalSpec()
        wanted |= {
            "rnn_type": contract.RNN_TYPE,
            "num_categorical_features": len(known.categories),
            "num_numerical_features": len(known.numbers),
        }
    for key, value in wanted.items():
        if content[key] != value or isinstance(content[key], bool) is not isinstance(value, bool):
            raise PredictorError(path, f"{key} must be {json.dumps(value)}, is {content[key]!r}", EXPORT_AGAIN)


def _spec(content: Mapping[str, Any], family: Family, task: str) -> ModelSpec:
    if not isinstance(content["bias_head"], bool):
        raise RecipeError("bias_head", f"must be true or false, is {content['bias_head']!r}", EXPORT_AGAIN)
    sizes = {key: content[key] for key in ("embedding_size", "rnn_output_size") if family.is_clinical}
    return ModelSpec(
        family=family,
        targets=(task,) if family.is_single else DEPLOYED_TARGETS,
        backbone=content["backbone"],
        latent_dim=content["latent_dim"],
        in_channels=content["in_channels"],
        bias_head=content["bias_head"],
        clinical=ClinicalSpec(**sizes) if family.is_clinical else None,
    )


def _load(path: Path, spec: ModelSpec, deployed: dict[str, torch.Tensor]) -> Network:
    with _blamed_on(path.parent / CONFIGS):
        network = skeleton(spec)
    ours = network.state_dict()
    names = {contract.deployed_name(spec, name): name for name in ours}
    extra = contract.extra_entries(spec, dict.fromkeys(spec.targets, (1.0, 1.0)))
    expected = {theirs: ours[name] for theirs, name in names.items()} | extra
    check_entries(path, expected, deployed)
    contract.check_backbone(spec, {name: tuple(value.shape) for name, value in deployed.items()})
    state = {name: deployed[theirs].contiguous() for theirs, name in names.items()}
    network.load_state_dict(state, strict=True, assign=True)
    return network.requires_grad_(False).eval()


def skeleton(spec: ModelSpec) -> Network:
    """Return a network of a layout whose weights are to be filled in: they take no memory where that can be done."""
    with torch.device("meta"):  # no random numbers are drawn, and no time is spent on them
        network = build(spec)
    if {name for name, _ in network.named_buffers()} <= network.state_dict().keys():
        return network
    with torch.random.fork_rng(devices=[]):  # it has buffers that no file holds, so it must really be built
        return build(spec)

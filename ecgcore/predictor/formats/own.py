"""This program's own directory of a network: any backbone, any number of targets, images or signals.

manifest.json         family, targets, classes, input, layout, preprocessing and hashes; see :mod:`manifest`
weights.safetensors   the network's state by name, float32 and integers; nothing in it can be executed
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save_file

from ecgcore.data.image_transform import ImageTransform
from ecgcore.data.imputation import Imputation
from ecgcore.data.signal_transform import LEADS, SignalTransform
from ecgcore.errors import PredictorError, RecipeError
from ecgcore.models.factory import Network
from ecgcore.models.odds_line import OddsLine
from ecgcore.models.spec import ClinicalSpec, Family, ModelSpec, Pretrained
from ecgcore.predictor.formats.checkpoint import check_entries
from ecgcore.predictor.formats.loaded_model import LoadedModel
from ecgcore.predictor.formats.manifest import EXPORT_AGAIN, MANIFEST, read_manifest, write_manifest
from ecgcore.predictor.formats.mtecg import exported_state, skeleton
from ecgcore.predictor.formats.staging import staged_directory

WEIGHTS = "weights.safetensors"

_LAYOUT = ("backbone", "latent_dim", "in_channels", "bias_head", "image_size", "clinical")


def write_own_dir(
    network: Network,
    transform: ImageTransform | SignalTransform,
    out_dir: Path | str,
    epoch: int = 0,
    global_step: int = 0,
    odds_lines: Mapping[str, OddsLine] | None = None,
    imputation: Imputation | None = None,
) -> Path:
    """Write a network's directory, read it back, and only then let it appear as ``out_dir``, which it replaces.

    Args:
        network: on any device, in any mode; it is not changed.
        transform: inference preprocessing.
        out_dir: replaced if it exists.
        epoch: the exported epoch.
        global_step: optimiser steps until then.
        odds_lines: as :func:`ecgcore.predictor.formats.mtecg.write_model_dir`.
        imputation: of missing clinical features; clinical families only.

    Raises:
        PredictorError: the transform does not fit the network's input, a value is wrong, or the disk refuses.
    """
    spec = network.spec
    said = {
        "family": spec.family.value,
        "targets": list(spec.targets),
        "input": _input(spec, transform),
        "model": {key: asdict(spec)[key] for key in _LAYOUT},
        "preprocessing": json.loads(transform.to_json()),
        "imputation": json.loads(imputation.to_json()) if imputation else None,
        "epoch": epoch,
        "global_step": global_step,
    }
    with staged_directory(Path(out_dir)) as work:
        save_file(exported_state(network, spec, odds_lines or {}), work / WEIGHTS)
        write_manifest(work, said)
        read_own_dir(work, spec.family, spec.targets[0])
    return Path(out_dir)


def read_own_dir(path: Path | str, family: Family | str | None = None, task: str | None = None) -> LoadedModel:
    """Read a network's directory, strictly.

    Args:
        path: a directory with ``manifest.json`` and ``weights.safetensors``.
        family: the family it must have; by default that which the manifest names.
        task: the target that a single-task model must have, if any.

    Raises:
        PredictorError: a file is missing, too large or altered; another family or target; entries are missing,
            unexpected, of another shape or type, or not finite.
    """
    path = Path(path)
    manifest = path / MANIFEST
    said = read_manifest(path)
    if family is not None and said["family"] != Family(family).value:
        rule = f"belongs to a {said['family']} model, asked for is {Family(family).value}"
        raise PredictorError(manifest, rule, f'pass "{said["family"]}"')
    try:
        spec, transform, imputation = _spec(said), _transform(said), _imputation(said["imputation"])
        found = _input(spec, transform)
    except (RecipeError, PredictorError) as error:
        raise PredictorError(manifest, f"{error.thing}: {error.rule}", error.hint) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PredictorError(manifest, f"is malformed ({type(error).__name__}: {error})", EXPORT_AGAIN) from error
    if said["input"] != found or WEIGHTS not in said["files"]:
        raise PredictorError(manifest, f"input must be {found}, with a file {WEIGHTS}", EXPORT_AGAIN)
    if spec.family.is_single and task not in (None, spec.targets[0]):
        raise PredictorError(
            manifest, f"says that the model predicts {spec.targets[0]}, asked for is {task}", "ask that"
        )
    network = _load(path / WEIGHTS, spec)
    return LoadedModel(path, network, spec, transform, said["epoch"], said["global_step"], imputation)


def _input(spec: ModelSpec, transform: ImageTransform | SignalTransform) -> dict[str, Any]:
    """Return what the network reads, in words a person understands."""
    if isinstance(transform, SignalTransform) is not spec.family.is_signal:
        rule = f"is no preprocessing of a {spec.family.value} model"
        raise PredictorError(type(transform).__name__, rule, "pass the transform that the training used")
    if isinstance(transform, SignalTransform):
        return {"kind": "signal", "leads": LEADS, "samples": transform.samples}
    size = (transform.height, transform.width)
    if spec.image_size not in (None, size):
        rule = f"makes images of {size}, the network reads {spec.image_size}"
        raise PredictorError("ImageTransform", rule, "pass the transform that the training used")
    return {"kind": "image", "channels": spec.in_channels, "height": size[0], "width": size[1]}


def _spec(said: Mapping[str, Any]) -> ModelSpec:
    layout = {**said["model"]}
    if set(layout) != set(_LAYOUT) or not isinstance(layout["bias_head"], bool):
        raise ValueError(f"model must have {', '.join(_LAYOUT)}")
    clinical = ClinicalSpec(**layout["clinical"]) if layout["clinical"] else None
    known = ClinicalSpec()
    if clinical and (clinical.categories, clinical.numbers) != (known.categories, known.numbers):
        raise ValueError(f"clinical features must be {', '.join(known.categories + known.numbers)}, in this order")
    size = tuple(layout["image_size"]) if layout["image_size"] else None
    layout |= {"clinical": clinical, "image_size": size}
    return ModelSpec(family=said["family"], targets=said["targets"], **layout)


def _transform(said: Mapping[str, Any]) -> ImageTransform | SignalTransform:
    kind: type[ImageTransform] | type[SignalTransform] = ImageTransform
    if said["input"]["kind"] == "signal":
        kind = SignalTransform
    return kind.from_json(json.dumps(said["preprocessing"]))


def _imputation(said: object) -> Imputation | None:
    return None if said is None else Imputation.from_json(json.dumps(said))


def _load(path: Path, spec: ModelSpec) -> Network:
    try:
        found = load(path.read_bytes())
        network = skeleton(replace(spec, pretrained=Pretrained.NONE))
    except SafetensorError as error:
        raise PredictorError(path, f"is no safetensors file ({error})", EXPORT_AGAIN) from error
    except RecipeError as error:
        raise PredictorError(path.with_name(MANIFEST), f"{error.thing}: {error.rule}", error.hint) from error
    check_entries(path, network.state_dict(), found)
    network.load_state_dict(found, strict=True, assign=True)
    return network.requires_grad_(False).eval()

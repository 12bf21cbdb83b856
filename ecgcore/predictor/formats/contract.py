"""The deployed predictor's directory, stated: keys of ``configs.json``, entries of the state dict, names of features.

The backbone's entries are timm's own; for the study's backbone a digest of their names and shapes is kept here, so that
a timm release which renames a layer is noticed before anything is exported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ecgcore.errors import PredictorError
from ecgcore.models.heads import CLASSES
from ecgcore.models.spec import Family, ModelSpec
from ecgcore.predictor.formats.choice import DEPLOYED_TARGETS

RNN_TYPE = "birnn"

_BACKBONE = "model."
_CLASSIFIER = "fc."
_UNUSED_HEAD = "head"
_BACKBONE_SHA256 = {
    ("resnet34d", False): "b085407e65562b7c2d815466cd21cfdad699a6a24dd7cfe95964ea6349857a3e",
    (
        "resnet34d",
        True,
    ): "6b53de499eb282c4d768a212240970b960b45aaf02ca1ef6aebbafd30b8f8f5e",  # with the first layer of signals
}
_COMMON = {
    "in_channels",
    "learning_rate",
    "use_timm",
    "pretrained",
    "backbone",
    "latent_dim",
    "bias_head",
    "load_state_dict",
}
_MULTI = {"scar_class", "lvef_class", "loss_weights", "scar_lvef_loss_ratio"}
_SINGLE = {"num_classes"}
_CLINICAL = {"num_categorical_features", "num_numerical_features", "embedding_size", "rnn_output_size", "rnn_type"}


def config_keys(family: Family) -> set[str]:
    """Return the keys that ``configs.json`` of a family has, no more and no less; 1D families have those of 2D."""
    return _COMMON | (_SINGLE if family.is_single else _MULTI) | (_CLINICAL if family.is_clinical else set())


def head_name(spec: ModelSpec, target: str) -> str:
    """Return the deployed name of a target's head."""
    if not spec.family.is_single:
        return f"{target}_head"
    return "classification_head" if spec.family.is_clinical else _UNUSED_HEAD


def deployed_name(spec: ModelSpec, name: str) -> str:
    """Return the deployed name of one entry of our state dict."""
    for ours, theirs in _prefixes(spec).items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    raise PredictorError(
        f"entry {name!r}", "has no place in the deployed predictor", "export a network that build() made"
    )


def _prefixes(spec: ModelSpec) -> dict[str, str]:
    heads = {f"heads.{target}.": f"{head_name(spec, target)}." for target in spec.targets}
    branch = {"clinical.embedding.": "embedding_layer.", "clinical.rnn.": "clinical_rnn_layer."}
    return {"backbone.": _BACKBONE, **heads, **branch}


def extra_entries(spec: ModelSpec, loss_weights: Mapping[str, Sequence[float]]) -> dict[str, torch.Tensor]:
    """Return the deployed entries that our network has no use for: loss weights, and a head that is never called."""
    if not spec.family.is_single:
        return {f"{t}_loss_fn.weight": torch.tensor(loss_weights[t], dtype=torch.float32) for t in DEPLOYED_TARGETS}
    if not spec.family.is_clinical:
        return {}
    bias = {f"{_UNUSED_HEAD}.bias": torch.zeros(CLASSES)} if spec.bias_head else {}
    return {f"{_UNUSED_HEAD}.weight": torch.zeros(CLASSES, spec.latent_dim), **bias}


def configs(
    spec: ModelSpec, learning_rate: float, loss_ratio: Mapping[str, float], loss_weights: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    """Return the content of ``configs.json``.

    ``pretrained`` is always false, or the deployed predictor would download weights when it loads.
    """
    content: dict[str, Any] = {
        "in_channels": spec.in_channels,
        "learning_rate": learning_rate,
        "use_timm": True,
        "pretrained": False,
        "backbone": spec.backbone,
        "latent_dim": spec.latent_dim,
        "bias_head": spec.bias_head,
        "load_state_dict": None,
    }
    return content | _task_configs(spec, loss_ratio, loss_weights) | _clinical_configs(spec)


def _task_configs(
    spec: ModelSpec, loss_ratio: Mapping[str, float], loss_weights: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    if spec.family.is_single:
        return {"num_classes": CLASSES}
    return {
        **{f"{target}_class": CLASSES for target in DEPLOYED_TARGETS},
        "loss_weights": {target: list(loss_weights[target]) for target in DEPLOYED_TARGETS},
        "scar_lvef_loss_ratio": [loss_ratio[target] for target in DEPLOYED_TARGETS],
    }


def _clinical_configs(spec: ModelSpec) -> dict[str, Any]:
    if spec.clinical is None:
        return {}
    return {
        "num_categorical_features": len(spec.clinical.categories),
        "num_numerical_features": len(spec.clinical.numbers),
        "embedding_size": spec.clinical.embedding_size,
        "rnn_output_size": spec.clinical.rnn_output_size,
        "rnn_type": RNN_TYPE,
    }


def check_backbone(spec: ModelSpec, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check the deployed names and shapes of a known backbone.

    Args:
        spec: the layout.
        shapes: deployed name -> shape of all entries.

    Raises:
        PredictorError: they are not those that the deployed predictor expects.
    """
    expected = _BACKBONE_SHA256.get((spec.backbone, spec.family.is_signal))
    if spec.in_channels == 3 and expected not in (None, _digest(shapes)):
        raise PredictorError(
            f"backbone {spec.backbone}",
            "has other layers in this timm than in the deployed predictor",
            "install the timm release that constraints.txt names",
        )


def _digest(shapes: Mapping[str, tuple[int, ...]]) -> str:
    own = {name.removeprefix(_BACKBONE): shape for name, shape in shapes.items() if name.startswith(_BACKBONE)}
    lines = (f"{name} {own[name]}\n" for name in sorted(own) if not name.startswith(_CLASSIFIER))
    return hashlib.sha256("".join(lines).encode()).hexdigest()

"""ModelSpec -> network."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ecgcore.errors import RecipeError
from ecgcore.models.backbone import unknown_backbone
from ecgcore.models.clinical_network import ClinicalImageNetwork
from ecgcore.models.network import ImageNetwork
from ecgcore.models.published import check_required, local_weights
from ecgcore.models.signal_network import SignalNetwork, signal_stem
from ecgcore.models.spec import ModelSpec, Pretrained

log = logging.getLogger(__name__)

Network = ImageNetwork | ClinicalImageNetwork | SignalNetwork


def build(spec: ModelSpec, weights: Path | None = None) -> Network:
    """Build the network of a spec, in training mode, on the CPU (or torch's default device).

    Published weights are loaded if ``spec.pretrained`` asks for them: those of the folder ``weights``, else those of
    the hub's cache. Where this machine has neither, ``required`` is refused at once. ``preferred`` is looked for on the
    hub; where that cannot be reached either, which takes some retries, this is logged as a warning, the network starts
    from scratch, and its ``pretrained_loaded`` is False. ``HF_HUB_OFFLINE=1`` in the environment spares the retries.

    Args:
        spec: the network's layout.
        weights: a folder with files of published weights, see :mod:`ecgcore.models.published`.

    Raises:
        RecipeError: timm does not know the backbone, has no weights for it at all, published weights are required and
            not here or a file of them is damaged, or a signal family's first layers are not ``conv1`` and ``bn1``.
    """
    backbone, loaded = _backbone(spec, weights)
    _replace_classifier(spec, backbone)
    if spec.family.is_clinical:
        return ClinicalImageNetwork(spec, backbone, loaded)
    if spec.family.is_signal:
        _replace_stem(spec, backbone)
        return SignalNetwork(spec, backbone, loaded)
    return ImageNetwork(spec, backbone, loaded)


@lru_cache
def check_buildable(spec: ModelSpec, height: int, width: int) -> None:
    """Check, without memory for weights, that a network can be built and its backbone reads an input of this size.

    Args:
        spec: the layout.
        height, width: in px; of a signal family 1 and the samples.

    Raises:
        RecipeError: as :func:`build`, or the backbone cannot read it or gives something other than an embedding.
    """
    try:
        with torch.device("meta"), torch.no_grad():
            network = build(replace(spec, pretrained=Pretrained.NONE)).eval()
            channels = 1 if spec.family.is_signal else spec.in_channels
            embedding = network.backbone(torch.zeros(1, channels, height, width))
    except NotImplementedError:  # an operation that torch knows for numbers only: nothing is shown
        return
    except (AssertionError, RuntimeError, ValueError, TypeError) as error:
        rule = f"cannot read an input of {height} x {width} ({error})"
        raise RecipeError(f"backbone {spec.backbone!r}", rule, "give input a size that it takes") from error
    if not isinstance(embedding, torch.Tensor) or embedding.shape != (1, spec.latent_dim):
        rule = f"does not give {spec.latent_dim} numbers per image"
        raise RecipeError(f"backbone {spec.backbone!r}", rule, "choose a classifier of timm.list_models()")


def _backbone(spec: ModelSpec, weights: Path | None) -> tuple[nn.Module, bool]:
    if spec.pretrained is Pretrained.NONE:
        return _create(spec), False
    check_required(spec, weights)
    if file := local_weights(spec.backbone, weights):
        return _from_file(spec, file), True
    try:
        return _create(spec, pretrained=True), True
    except RecipeError:
        raise
    except Exception as error:  # noqa: BLE001 - what hub, proxy and a broken transfer raise has no other class in common
        log.warning(
            "Published weights of %s cannot be loaded (%s): training starts from scratch, which needs more data and "
            "scores lower. Hint: bring their file and its hash (ECG_PRETRAINED_WEIGHTS, see README.md), or give this "
            "machine access to the hub; HF_HUB_OFFLINE=1 spares the retries. Then remove the run's directory and train "
            "again.",
            spec.backbone,
            type(error).__name__,
        )
        return _create(spec), False


def _from_file(spec: ModelSpec, file: Path) -> nn.Module:
    from safetensors import SafetensorError

    try:
        model = _create(spec, pretrained=True, pretrained_cfg_overlay={"file": str(file)})
    except (RecipeError, SafetensorError, OSError, KeyError, ValueError) as error:
        rule = f"does not hold the weights of {spec.backbone} ({error})"
        raise RecipeError(file, rule, "fetch the file again from where it is published") from error
    log.info("%s starts from the published weights in %s", spec.backbone, file)
    return model


def _create(spec: ModelSpec, pretrained: bool = False, **options: Any) -> nn.Module:
    import timm

    try:
        if spec.image_size is not None and _has_fixed_size(spec.backbone):
            options["img_size"] = spec.image_size
        model: nn.Module = timm.create_model(spec.backbone, pretrained=pretrained, in_chans=spec.in_channels, **options)
    except RuntimeError as error:
        raise unknown_backbone(spec.backbone, error) from error
    return model


def _has_fixed_size(backbone: str) -> bool:
    from timm.models import get_pretrained_cfg

    known = get_pretrained_cfg(backbone)
    return known is not None and bool(known.fixed_input_size)


def _replace_classifier(spec: ModelSpec, backbone: Any) -> None:
    """Let the backbone end in an embedding; a last layer ``fc`` is replaced as the deployed predictor does it."""
    classifier = getattr(backbone, "fc", None)
    if isinstance(classifier, nn.Linear):
        backbone.fc = nn.Linear(classifier.in_features, spec.latent_dim, bias=False)
    else:
        backbone.reset_classifier(spec.latent_dim)


def _replace_stem(spec: ModelSpec, backbone: nn.Module) -> None:
    norm = getattr(backbone, "bn1", None)
    if not hasattr(backbone, "conv1") or not isinstance(norm, nn.BatchNorm2d):
        raise RecipeError(
            f"backbone {spec.backbone!r}",
            "its first layers are not called conv1 and bn1, so signals cannot enter it",
            "choose a ResNet-like backbone, for example resnet34d",
        )
    backbone.conv1 = signal_stem(norm.num_features)

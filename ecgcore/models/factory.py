"""ModelSpec -> network."""

from __future__ import annotations

import logging

from torch import nn

from ecgcore.errors import RecipeError
from ecgcore.models.clinical_network import ClinicalImageNetwork
from ecgcore.models.network import ImageNetwork
from ecgcore.models.signal_network import SignalNetwork, signal_stem
from ecgcore.models.spec import ModelSpec

log = logging.getLogger(__name__)

Network = ImageNetwork | ClinicalImageNetwork | SignalNetwork


def build(spec: ModelSpec) -> Network:
    """Build the network of a spec, in training mode, on the CPU (or torch's default device).

    Published weights are loaded if ``spec.pretrained``. Where they cannot be had this is logged as a warning, the
    network starts from scratch, and its ``pretrained_loaded`` is False. A network without access finds that out at
    once with ``HF_HUB_OFFLINE=1`` in the environment, otherwise after some retries.

    Raises:
        RecipeError: timm does not know the backbone, has no weights for it at all, its last layer is not ``fc``, or
            a signal family's first layers are not ``conv1`` and ``bn1``.
    """
    backbone, loaded = _backbone(spec)
    _replace_classifier(spec, backbone)
    if spec.family.is_clinical:
        return ClinicalImageNetwork(spec, backbone, loaded)
    if spec.family.is_signal:
        _replace_stem(spec, backbone)
        return SignalNetwork(spec, backbone, loaded)
    return ImageNetwork(spec, backbone, loaded)


def _backbone(spec: ModelSpec) -> tuple[nn.Module, bool]:
    if not spec.pretrained:
        return _create(spec, pretrained=False), False
    try:
        return _create(spec, pretrained=True), True
    except RecipeError:
        raise
    except Exception as error:  # noqa: BLE001 - what hub, proxy and a broken transfer raise has no other class in common
        log.warning(
            "Published weights of %s cannot be loaded (%s): training starts from scratch, which needs more data and "
            "scores lower. Hint: give this machine access to the timm weights, or copy them into its cache and set "
            "HF_HUB_OFFLINE=1; then remove the run's directory and train again.",
            spec.backbone,
            type(error).__name__,
        )
        return _create(spec, pretrained=False), False


def _create(spec: ModelSpec, pretrained: bool) -> nn.Module:
    import timm

    try:
        model: nn.Module = timm.create_model(spec.backbone, pretrained=pretrained, in_chans=spec.in_channels)
    except RuntimeError as error:  # timm's answer to an unknown name, tag, or missing weights
        raise RecipeError(
            f"backbone {spec.backbone!r}", f"timm refuses it ({error})", "choose a name of timm.list_models()"
        ) from error
    return model


def _replace_classifier(spec: ModelSpec, backbone: nn.Module) -> None:
    classifier = getattr(backbone, "fc", None)
    if not isinstance(classifier, nn.Linear):
        raise RecipeError(
            f"backbone {spec.backbone!r}",
            "its last layer is not a linear layer called fc, so the deployed predictor could not load it",
            "choose a ResNet-like backbone, for example resnet34d",
        )
    backbone.fc = nn.Linear(classifier.in_features, spec.latent_dim, bias=False)


def _replace_stem(spec: ModelSpec, backbone: nn.Module) -> None:
    norm = getattr(backbone, "bn1", None)
    if not hasattr(backbone, "conv1") or not isinstance(norm, nn.BatchNorm2d):
        raise RecipeError(
            f"backbone {spec.backbone!r}",
            "its first layers are not called conv1 and bn1, so signals cannot enter it",
            "choose a ResNet-like backbone, for example resnet34d",
        )
    backbone.conv1 = signal_stem(norm.num_features)

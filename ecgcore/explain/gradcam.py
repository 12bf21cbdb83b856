"""Grad-CAM++ (Chattopadhay et al., WACV 2018) at the last convolutional stage, by the library grad-cam.

The library adds 1e-6 to the denominator of the weights' factor alpha. Behind an average pooling over some 100 places
the squared gradient is near 1e-8, so that this constant would decide, and the weights would grow with the third power
of the gradient. Here alpha is the paper's.
"""

from __future__ import annotations

import copy
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ecgcore.errors import PredictorError
from ecgcore.models.factory import Network

Maps = NDArray[np.float32]


def grad_cam_plus_plus(
    network: Network, inputs: tuple[torch.Tensor, ...], target: str
) -> tuple[NDArray[np.float64], Maps]:
    """Return the positive class's probabilities, float64 (N,), and the evidence for it, float32 (N, h, w), 0 or more.

    With A_k the k-th of the last stage's feature maps and g_k the gradient there of the score S::

        L = relu(sum_k w_k A_k)    w_k = sum_ij alpha_kij relu(g_kij)    alpha = g^2 / (2 g^2 + g^3 sum_ab A_kab)

    (alpha is the paper's equation 19; its exp(S) only scales L). S is the log odds, logit of positive minus logit of
    negative, because the two share one softmax. A is 0 or more, as behind a ReLU.

    Args:
        network: an image network in evaluation mode; it is not changed, and other threads may use it meanwhile.
        inputs: what it is called with, N images first.
        target: one of its targets.

    Raises:
        PredictorError: a map is not finite, or the backbone has no last stage of convolutions.
    """
    model = _Scored(_own_modules(network), target, inputs[1:])
    stage = last_stage(model.network)
    stage.register_forward_hook(_as_leaf)
    scores = [_log_odds] * len(inputs[0])
    method = _method()(model, [stage])
    with torch.enable_grad(), np.errstate(all="ignore"):  # what is not finite is refused below
        method(inputs[0], scores)
        kept = method.activations_and_grads
        activations, gradients = (found[0].double().numpy() for found in (kept.activations, kept.gradients))
        maps = np.maximum(method.get_cam_image(inputs[0], stage, scores, activations, gradients), 0)
    if not np.isfinite(maps).all():
        raise PredictorError("explanation", "is not finite", "do not use this model: its weights overflow")
    probabilities = torch.softmax(method.outputs.detach(), dim=1)[:, 1]
    return probabilities.double().cpu().numpy(), maps.astype(np.float32)


def last_stage(network: Network) -> nn.Module:
    """Return the module whose output is the last feature map before pooling, as timm describes the backbone.

    Raises:
        PredictorError: the backbone has no stages of convolutions, as a vision transformer.
    """
    backbone: Any = network.backbone
    last = backbone.feature_info[-1]["module"] if isinstance(backbone.feature_info, list) else ""
    stage: nn.Module = backbone.get_submodule(last)
    if not last or any(hasattr(module, "attn") for module in stage.modules()):  # timm's name of an attention layer
        rule = "has no last stage of convolutions, whose maps Grad-CAM++ weighs"
        raise PredictorError(f"backbone {network.spec.backbone}", rule, "explain a model of a convolutional backbone")
    return stage


class _Scored(nn.Module):
    """A network as the library wants it: images to one target's logits (N, 2), anything else held fixed."""

    def __init__(self, network: Network, target: str, fixed: tuple[torch.Tensor, ...]) -> None:
        super().__init__()
        self.network, self.target, self.fixed = network, target, fixed

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(images, *self.fixed)[self.target]
        return logits


def _own_modules(network: Network) -> Network:
    """Copy the modules, so that hooks on them disturb nobody, but not the weights."""
    weights = chain(network.parameters(), network.buffers())
    return copy.deepcopy(network, memo={id(tensor): tensor for tensor in weights})


def _as_leaf(_module: nn.Module, _inputs: object, output: torch.Tensor) -> torch.Tensor:
    """Start the graph at this layer: nothing before it needs a gradient, or the memory for one."""
    return output.detach().requires_grad_()


def _log_odds(logits: torch.Tensor) -> torch.Tensor:
    return logits[1] - logits[0]


def _method() -> Any:
    from pytorch_grad_cam import GradCAMPlusPlus

    class Exact(GradCAMPlusPlus):
        """The library's method with the paper's alpha; where g is not 0 it is 1 / (2 + g sum A)."""

        def get_cam_weights(self, *given: Any) -> NDArray[np.float64]:
            activations, gradients = given[-2:]
            total = activations.sum(axis=(2, 3), keepdims=True)
            rising = np.maximum(gradients, 0)
            weights: NDArray[np.float64] = (rising / (2 + rising * total)).sum(axis=(2, 3))
            return weights

    return Exact

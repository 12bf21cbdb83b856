"""The signal network: every lead through one shared backbone, the mean of their embeddings, and a head per target."""

from __future__ import annotations

import torch
from torch import nn

from ecgcore.models.heads import TargetHeads
from ecgcore.models.spec import ModelSpec

KERNEL = (1, 3)


class SignalNetwork(nn.Module):
    """``heads(relu(mean over leads of backbone(lead)))``, for the families ``multi-task-1d`` and ``single-task-1d``.

    Args:
        spec: the layout.
        backbone: maps N x 1 x 1 x S to N x latent_dim.
        pretrained_loaded: whether the backbone really started from published weights (its first layer never does).
    """

    def __init__(self, spec: ModelSpec, backbone: nn.Module, pretrained_loaded: bool = False) -> None:
        super().__init__()
        self.spec = spec
        self.pretrained_loaded = pretrained_loaded
        self.backbone = backbone
        self.heads = TargetHeads(spec.targets, spec.latent_dim, spec.bias_head)

    def forward(self, signals: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return logits N x 2 by target (column 1 = positive) for standardised signals, float N x leads x samples."""
        count, leads, samples = signals.shape
        embeddings = self.backbone(signals.reshape(count * leads, 1, 1, samples))
        logits: dict[str, torch.Tensor] = self.heads(torch.relu(embeddings.view(count, leads, -1).mean(dim=1)))
        return logits


def signal_stem(features: int) -> nn.Conv2d:
    """Return the first layer: three neighbouring samples of one lead to ``features`` channels, length kept."""
    return nn.Conv2d(1, features, KERNEL, padding=(0, KERNEL[1] // 2))

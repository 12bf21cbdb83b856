"""The image network: a timm backbone, its embedding, and a head per target."""

from __future__ import annotations

import torch
from torch import nn

from ecgcore.models.heads import TargetHeads
from ecgcore.models.spec import ModelSpec


class ImageNetwork(nn.Module):
    """``heads(relu(backbone(image)))``, for the families ``multi-task`` and ``single-task``.

    Args:
        spec: the layout.
        backbone: maps N x C x H x W to N x latent_dim.
        pretrained_loaded: whether the backbone really started from published weights.
    """

    def __init__(self, spec: ModelSpec, backbone: nn.Module, pretrained_loaded: bool = False) -> None:
        super().__init__()
        self.spec = spec
        self.pretrained_loaded = pretrained_loaded
        self.backbone = backbone
        self.heads = TargetHeads(spec.targets, spec.latent_dim, spec.bias_head)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return logits N x 2 by target (column 1 = positive) for normalised images, float N x C x H x W."""
        logits: dict[str, torch.Tensor] = self.heads(torch.relu(self.backbone(images)))
        return logits

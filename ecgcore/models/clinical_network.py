"""The clinical branch, and the network that reads an image and clinical features together."""

from __future__ import annotations

import torch
from torch import nn

from ecgcore.models.heads import TargetHeads
from ecgcore.models.spec import ClinicalSpec, ModelSpec

_YES_NO = 2


class ClinicalBranch(nn.Module):
    """Clinical features -> embedding.

    Each category goes through one shared embedding and gets the numbers appended; the categories are the steps of a
    bidirectional recurrent layer, whose two final states are summed.
    """

    def __init__(self, spec: ClinicalSpec) -> None:
        super().__init__()
        self.embedding = nn.Embedding(_YES_NO, spec.embedding_size)
        step = spec.embedding_size + len(spec.numbers)
        self.rnn = nn.RNN(step, spec.rnn_output_size, batch_first=True, bidirectional=True)

    def forward(self, categories: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """Return N x rnn_output_size for categories (int64 0/1, N x K) and numbers (float, N x M; age / 100)."""
        embedded = self.embedding(categories)
        repeated = numbers[:, None, :].expand(-1, embedded.shape[1], -1)
        _, last = self.rnn(torch.cat([embedded, repeated], dim=-1))
        return last[0] + last[1]


class ClinicalImageNetwork(nn.Module):
    """``heads([backbone(image), branch(features)])``, for the clinical families; no activation in between.

    Args:
        spec: the layout; ``spec.clinical`` is set for clinical families.
        backbone: maps N x C x H x W to N x latent_dim.
        pretrained_loaded: whether the backbone really started from published weights.
    """

    def __init__(self, spec: ModelSpec, backbone: nn.Module, pretrained_loaded: bool = False) -> None:
        super().__init__()
        clinical = spec.clinical or ClinicalSpec()
        self.spec = spec
        self.pretrained_loaded = pretrained_loaded
        self.backbone = backbone
        self.clinical = ClinicalBranch(clinical)
        self.heads = TargetHeads(spec.targets, spec.latent_dim + clinical.rnn_output_size, spec.bias_head)

    def forward(self, images: torch.Tensor, categories: torch.Tensor, numbers: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return logits N x 2 by target (column 1 = positive).

        Args:
            images: normalised, float N x C x H x W.
            categories: int64 0/1, N x K, in the order of ``spec.clinical.categories``.
            numbers: float N x M, in the order of ``spec.clinical.numbers``; age / 100.
        """
        embedding = torch.cat([self.backbone(images), self.clinical(categories, numbers)], dim=1)
        logits: dict[str, torch.Tensor] = self.heads(embedding)
        return logits

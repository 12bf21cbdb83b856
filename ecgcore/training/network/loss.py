"""Cross entropy per target over the labels that are there, mixed by the recipe's ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy

from ecgcore.data.dataset import MISSING
from ecgcore.training.recipe.recipe import ClassWeights


def masked_cross_entropy(
    logits: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor, share: torch.Tensor | None = None
) -> torch.Tensor:
    """Return ``sum(s w[y] CE) / sum(s w[y])`` over the labelled rows, a scalar; 0, gradient 0, if none is labelled.

    Args:
        logits: ``(B, 2)``.
        labels: ``(B,)`` int64: 0, 1 or -1 for missing.
        weight: ``(2,)`` weight of each class.
        share: ``(B,)`` share ``s`` of each row, 1 if not given.
    """
    mass = weight[labels.clamp(min=0)] * (labels != MISSING)
    mass = (mass if share is None else mass * share).sum()
    losses = cross_entropy(logits.float(), labels, weight=weight, ignore_index=MISSING, reduction="none")
    total = (losses if share is None else losses * share).sum()
    return total / torch.where(mass > 0, mass, torch.ones_like(mass))


@dataclass(frozen=True)
class MultiTargetLoss:
    """The weighted sum of the targets' losses.

    Args:
        ratio: share of each target; scaled to a sum of 1. Its order is the order of the label columns.
        weights: ``(2,)`` class weights per target.
    """

    ratio: Mapping[str, float]
    weights: Mapping[str, torch.Tensor]

    def per_target(self, logits: Mapping[str, torch.Tensor], labels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return each target's masked cross entropy.

        Args:
            logits: ``(B, 2)`` per target.
            labels: ``(B, T)`` int64 in the order of ``ratio``.
        """
        return {
            t: masked_cross_entropy(logits[t], labels[:, i], self.weights[t].to(labels.device))
            for i, t in enumerate(self.ratio)
        }

    def per_target_mixed(
        self, logits: Mapping[str, torch.Tensor], labels: torch.Tensor, partner: torch.Tensor, share: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return each target's loss of mixed samples: each row counts with both labels, ``share`` and ``1 - share``.

        This is the cross entropy of the mixed label (Zhang et al., ICLR 2018, equation 1) where both are there; a
        missing label takes its part of the row out of the sum.

        Args:
            logits: ``(B, 2)`` per target, of mixed images.
            labels: ``(B, T)`` int64 in the order of ``ratio``.
            partner: ``(B,)`` int64, row whose label is the other one.
            share: ``(B,)`` of the row's own label.
        """
        both = torch.cat([labels, labels[partner]])
        shares = torch.cat([share, 1 - share])
        return {
            t: masked_cross_entropy(logits[t].repeat(2, 1), both[:, i], self.weights[t].to(both.device), shares)
            for i, t in enumerate(self.ratio)
        }

    def combine(self, losses: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return ``sum(ratio * loss) / sum(ratio)``, a scalar."""
        return torch.stack([self.ratio[t] * losses[t] for t in self.ratio]).sum() / sum(self.ratio.values())


def class_weights(kind: ClassWeights, counts: Mapping[str, tuple[int, int]]) -> dict[str, torch.Tensor]:
    """Return ``(2,)`` float32 class weights per target.

    ``balanced`` is ``n / (2 * n_class)``, as scikit-learn's ``compute_class_weight``; 1, 1 if a class is absent.

    Args:
        kind: from the recipe.
        counts: (negatives, positives) of the training rows per target.
    """
    return {
        target: torch.tensor(_weights(kind, negatives, positives)) for target, (negatives, positives) in counts.items()
    }


def _weights(kind: ClassWeights, negatives: int, positives: int) -> tuple[float, float]:
    if kind is ClassWeights.NONE or not (negatives and positives):
        return 1.0, 1.0
    n = negatives + positives
    return n / (2 * negatives), n / (2 * positives)

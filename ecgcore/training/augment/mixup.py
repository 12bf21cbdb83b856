"""Mixup: pairs of a batch, mixed in pixels and in labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import betaincinv

from ecgcore.data.order import Stream
from ecgcore.training.augment.draws import SampleDraws
from ecgcore.training.recipe.augment_section import MixupSection


@dataclass(frozen=True)
class Mixed:
    """A mixed batch.

    Args:
        images: ``(B, H, W, 3)`` uint8.
        partner: ``(B,)`` int64, position in the batch of what each sample was mixed with.
        share: ``(B,)`` float32 in [0, 1], the sample's own share.
    """

    images: torch.Tensor
    partner: torch.Tensor
    share: torch.Tensor


class Mixup:
    """``x = l x_i + (1 - l) x_j`` with ``l`` from Beta(alpha, alpha) (Zhang et al., ICLR 2018, equation 1).

    The partner ``j`` is the batch's next sample, the first for the last: a batch is a function of (seed, epoch), and so
    is the pair. ``l`` is drawn per sample by the inverse of the distribution function.

    Args:
        section: alpha.
        count: samples in the training set.
        seed: the recipe's.
    """

    def __init__(self, section: MixupSection, count: int, seed: int) -> None:
        self.section = section
        self._draws = SampleDraws(count, 1, seed, Stream.MIXUP)

    def shares(self, indices: torch.Tensor, epoch: int) -> np.ndarray:
        """Return ``l`` of these samples in this epoch, ``(B,)``."""
        return np.asarray(betaincinv(self.section.alpha, self.section.alpha, self._draws(indices, epoch)[:, 0]))

    @torch.no_grad()
    def __call__(self, images: torch.Tensor, indices: torch.Tensor, epoch: int) -> Mixed:
        """Mix a batch.

        Args:
            images: ``(B, H, W, 3)`` uint8.
            indices: ``(B,)`` sample numbers, on the CPU.
            epoch: number of the epoch.
        """
        partner = torch.arange(1, len(images) + 1, device=images.device) % len(images)
        share = torch.as_tensor(self.shares(indices, epoch), dtype=torch.float32, device=images.device)
        own = images.float()
        mixed = own[partner].lerp(own, share[:, None, None, None]).round_().to(torch.uint8)
        return Mixed(mixed, partner, share)

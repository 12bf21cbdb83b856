"""Thicker and thinner traces."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import max_pool2d

from ecgcore.training.recipe.augment_section import ThicknessSection

_CHOICE, _AMOUNT = range(2)
THICKNESS_DRAWS = 2


def thickened(images: torch.Tensor, u: np.ndarray, section: ThicknessSection) -> torch.Tensor:
    """Return images whose dark lines grew or shrank.

    With ``a`` uniform in +- ``limit``: ``(1 - |a|) x + |a| m``, where ``m`` is the smallest (``a > 0``: dark grows) or
    the largest (``a < 0``) value of the 3 x 3 px around. Parts of a pixel count, because a trace is often thinner than
    a pixel of the network's image.

    Args:
        images: ``(B, 3, H, W)`` float.
        u: ``(B, THICKNESS_DRAWS)`` in [0, 1).
        section: limit and probability.
    """
    amount = np.where(u[:, _CHOICE] < section.p, section.limit * (2 * u[:, _AMOUNT] - 1), 0.0)
    images = _blended(images, np.maximum(amount, 0.0), -1.0)
    return _blended(images, np.maximum(-amount, 0.0), 1.0)


def _blended(images: torch.Tensor, share: np.ndarray, sign: float) -> torch.Tensor:
    chosen = np.flatnonzero(share)
    if not len(chosen):
        return images
    index = torch.as_tensor(chosen, device=images.device)
    part = images[index]
    extreme = sign * max_pool2d(sign * part, kernel_size=3, stride=1, padding=1)
    weight = torch.as_tensor(share[chosen], dtype=part.dtype, device=part.device)[:, None, None, None]
    return images.index_copy(0, index, part.lerp(extreme, weight))

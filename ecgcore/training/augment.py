"""The study's augmentation on a whole batch, on the device, as a function of (seed, epoch, sample)."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn.functional import conv2d, pad

from ecgcore.data.order import Stream, epoch_generator
from ecgcore.training.recipe import AugmentSection, BlurSection, BrightnessContrastSection

_WHITE = 255.0
# columns of the table of draws
_BLUR, _BLUR_SIZE, _TONE, _CONTRAST, _BRIGHTNESS, _MOTION, _MOTION_SIZE, _MOTION_ANGLE = range(8)


class Augmenter:
    """Blur, brightness and contrast, motion blur, in this order.

    Args:
        section: what to do; a part that is None is skipped.
        count: samples in the training set.
        seed: the recipe's.
    """

    def __init__(self, section: AugmentSection, count: int, seed: int) -> None:
        self.section, self.count, self.seed = section, count, seed
        self._epoch: int | None = None
        self._draws = np.empty((0, 0))

    def draws(self, indices: torch.Tensor, epoch: int) -> np.ndarray:
        """Return ``(B, 8)`` uniform numbers in [0, 1) of these samples in this epoch."""
        if epoch != self._epoch:
            self._draws = epoch_generator(self.seed, epoch, Stream.AUGMENT).random((self.count, 8))
            self._epoch = epoch
        return self._draws[indices.numpy()]

    @torch.no_grad()
    def __call__(self, images: torch.Tensor, indices: torch.Tensor, epoch: int) -> torch.Tensor:
        """Return changed images.

        Args:
            images: ``(B, H, W, 3)`` uint8; the result has the same form, so that one normalisation serves all.
            indices: ``(B,)`` sample numbers, on the CPU.
            epoch: number of the epoch.
        """
        u = self.draws(indices, epoch)
        planes = self._change(images.permute(0, 3, 1, 2).float(), u)
        return planes.round_().clamp_(0.0, _WHITE).to(torch.uint8).permute(0, 2, 3, 1)

    def _change(self, images: torch.Tensor, u: np.ndarray) -> torch.Tensor:
        if self.section.blur:
            images = _blur(images, u, self.section.blur)
        if self.section.brightness_contrast:
            images = _tone(images, u, self.section.brightness_contrast)
        if self.section.motion_blur:
            images = _motion_blur(images, u, self.section.motion_blur)
        return images


def _tone(images: torch.Tensor, u: np.ndarray, section: BrightnessContrastSection) -> torch.Tensor:
    chosen = u[:, _TONE] < section.p
    spread = 2 * section.limit
    contrast = np.where(chosen, 1 + spread * (u[:, _CONTRAST] - 0.5), 1.0)
    shift = np.where(chosen, _WHITE * spread * (u[:, _BRIGHTNESS] - 0.5), 0.0)
    factor, offset = (
        torch.as_tensor(v, dtype=images.dtype, device=images.device)[:, None, None, None] for v in (contrast, shift)
    )
    return (images * factor + offset).clamp(0.0, _WHITE)


def _blur(images: torch.Tensor, u: np.ndarray, section: BlurSection) -> torch.Tensor:
    chosen = np.flatnonzero(u[:, _BLUR] < section.p)
    kernels = [box_kernel(_odd_size(u[i, _BLUR_SIZE], section.limit), section.limit) for i in chosen]
    return _filtered(images, chosen, kernels)


def _motion_blur(images: torch.Tensor, u: np.ndarray, section: BlurSection) -> torch.Tensor:
    chosen = np.flatnonzero(u[:, _MOTION] < section.p)
    kernels = [
        line_kernel(_odd_size(u[i, _MOTION_SIZE], section.limit), math.pi * u[i, _MOTION_ANGLE], section.limit)
        for i in chosen
    ]
    return _filtered(images, chosen, kernels)


def _odd_size(u: float, limit: int) -> int:
    """Map [0, 1) evenly to 3, 5, ..., limit."""
    return 3 + 2 * int(u * ((limit - 3) // 2 + 1))


def box_kernel(size: int, width: int) -> np.ndarray:
    """Return a ``(width, width)`` kernel of sum 1: a centred square of ``size``."""
    kernel = np.zeros((width, width), np.float32)
    edge = (width - size) // 2
    kernel[edge : edge + size, edge : edge + size] = 1.0 / size**2
    return kernel


def line_kernel(size: int, angle: float, width: int) -> np.ndarray:
    """Return a ``(width, width)`` kernel of sum 1: a centred line of ``size`` px at ``angle`` (radians)."""
    kernel = np.zeros((width, width), np.float32)
    along = np.linspace(-(size // 2), size // 2, 4 * size)
    rows = np.rint(width // 2 + along * math.sin(angle)).astype(int)
    columns = np.rint(width // 2 + along * math.cos(angle)).astype(int)
    kernel[rows, columns] = 1.0
    return kernel / kernel.sum()


def _filtered(images: torch.Tensor, chosen: np.ndarray, kernels: list[np.ndarray]) -> torch.Tensor:
    """Return the images with each chosen one convolved with its kernel, edges reflected."""
    if not len(chosen):
        return images
    index = torch.as_tensor(chosen, device=images.device)
    height, width = images.shape[-2:]
    stack = torch.as_tensor(np.stack(kernels), dtype=images.dtype, device=images.device).repeat_interleave(3, dim=0)
    planes = images[index].reshape(1, -1, height, width)
    margin = stack.shape[-1] // 2
    blurred = conv2d(pad(planes, (margin,) * 4, mode="reflect"), stack[:, None], groups=planes.shape[1])
    return images.index_copy(0, index, blurred.reshape(len(chosen), 3, height, width))

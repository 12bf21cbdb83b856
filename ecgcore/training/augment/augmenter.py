"""Random changes of a whole batch, on the device, as a function of (seed, epoch, sample)."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn.functional import conv2d, pad

from ecgcore.data.order import Stream
from ecgcore.training.augment.displacement import DISPLACEMENT_DRAWS, displaced, draw_displacement
from ecgcore.training.augment.draws import SampleDraws
from ecgcore.training.augment.grid_remnant import GRID_DRAWS, with_grid
from ecgcore.training.augment.jpeg import JPEG_DRAWS, compressed
from ecgcore.training.augment.lead_map import LeadMap, formats_named, lead_map
from ecgcore.training.augment.thickness import THICKNESS_DRAWS, thickened
from ecgcore.training.recipe.augment_section import AugmentSection, BlurSection, BrightnessContrastSection

_WHITE = 255.0
# columns of the table of draws
_BLUR, _BLUR_SIZE, _TONE, _CONTRAST, _BRIGHTNESS, _MOTION, _MOTION_SIZE, _MOTION_ANGLE = range(8)
# columns of the page's table of draws
_MOVES = slice(0, DISPLACEMENT_DRAWS)
_THICKNESS = slice(_MOVES.stop, _MOVES.stop + THICKNESS_DRAWS)
_GRID = slice(_THICKNESS.stop, _THICKNESS.stop + GRID_DRAWS)
_JPEG = slice(_GRID.stop, _GRID.stop + JPEG_DRAWS)


class Augmenter:
    """Movements, thickness, grid, blur, brightness and contrast, motion blur, JPEG, in this order.

    Args:
        section: what to do; a part that is None is skipped. Mixup is not done here.
        formats: ``(N,)`` report format of each training sample.
        seed: the recipe's.

    Raises:
        TrainingError: leads move or a grid is drawn in a format that has no description.
    """

    def __init__(self, section: AugmentSection, formats: np.ndarray, seed: int) -> None:
        self.section = section
        self.draws = SampleDraws(len(formats), 8, seed, Stream.AUGMENT)
        self.page_draws = SampleDraws(len(formats), _JPEG.stop, seed, Stream.PAGE)
        self._moves = bool(section.page_shift or section.rotation or section.lead_shift)
        self._names, self._numbers = np.unique(formats, return_inverse=True)
        self._formats = formats_named(self._names.tolist()) if self._moves or section.grid else ()
        self._map: LeadMap | None = None

    @torch.no_grad()
    def __call__(self, images: torch.Tensor, indices: torch.Tensor, epoch: int) -> torch.Tensor:
        """Return changed images.

        Args:
            images: ``(B, H, W, 3)`` uint8; the result has the same form, so that one normalisation serves all.
            indices: ``(B,)`` sample numbers, on the CPU.
            epoch: number of the epoch.
        """
        u, v = self.draws(indices, epoch), self.page_draws(indices, epoch)
        planes = self._printed(images.permute(0, 3, 1, 2).float(), v, self._numbers[indices.numpy()])
        planes = self._pictured(planes, u)
        if self.section.jpeg:
            planes = compressed(planes, v[:, _JPEG], self.section.jpeg)
        return planes.round_().clamp_(0.0, _WHITE).to(torch.uint8).permute(0, 2, 3, 1)

    def _printed(self, images: torch.Tensor, v: np.ndarray, formats: np.ndarray) -> torch.Tensor:
        """Change what a printer and a page do."""
        if self._moves:
            where = self._lead_map(images)
            moves = draw_displacement(self.section, v[:, _MOVES], where.height, where.width)
            images = displaced(images, moves, torch.as_tensor(formats, device=images.device), where)
        if self.section.thickness:
            images = thickened(images, v[:, _THICKNESS], self.section.thickness)
        if self.section.grid:
            images = with_grid(images, v[:, _GRID], self.section.grid, [self._formats[i] for i in formats])
        return images

    def _pictured(self, images: torch.Tensor, u: np.ndarray) -> torch.Tensor:
        """Change what a camera does."""
        if self.section.blur:
            images = _blur(images, u, self.section.blur)
        if self.section.brightness_contrast:
            images = _tone(images, u, self.section.brightness_contrast)
        if self.section.motion_blur:
            images = _motion_blur(images, u, self.section.motion_blur)
        return images

    def _lead_map(self, images: torch.Tensor) -> LeadMap:
        height, width = images.shape[-2:]
        if self._map is None or (self._map.height, self._map.width) != (height, width):
            self._map = lead_map(self._names.tolist(), height, width).to(images.device)
        return self._map


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

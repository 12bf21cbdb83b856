"""JPEG artefacts: quantised cosine transforms of 8 x 8 px, on the device, without a file."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn.functional import pad

from ecgcore.training.recipe.augment_section import JpegSection

_BLOCK = 8
_MIDDLE = 128.0
_CHOICE, _QUALITY = range(2)
JPEG_DRAWS = 2

# ITU-T T.81 (1992), tables K.1 (luminance) and K.2 (chrominance)
_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMINANCE = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *(99,) * 32,
)  # fmt: skip
# JFIF 1.02 (1992): RGB to Y, Cb, Cr
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))


def compressed(images: torch.Tensor, u: np.ndarray, section: JpegSection) -> torch.Tensor:
    """Return images as they come back from a JPEG file of a drawn quality, colours not subsampled (4:4:4).

    Args:
        images: ``(B, 3, H, W)`` float, 0 to 255.
        u: ``(B, JPEG_DRAWS)`` in [0, 1).
        section: lowest quality and probability.
    """
    chosen = np.flatnonzero(u[:, _CHOICE] < section.p)
    if not len(chosen):
        return images
    qualities = section.lowest_quality + (u[chosen, _QUALITY] * (101 - section.lowest_quality)).astype(int)
    index = torch.as_tensor(chosen, device=images.device)
    return images.index_copy(0, index, jpeg(images[index], qualities))


def jpeg(images: torch.Tensor, qualities: np.ndarray) -> torch.Tensor:
    """Return ``(B, 3, H, W)`` images, 0 to 255, after JPEG of these qualities (``(B,)``, 1 to 100)."""
    height, width = images.shape[-2:]
    margins = (0, -width % _BLOCK, 0, -height % _BLOCK)
    tables = torch.as_tensor(quantisers(qualities), dtype=images.dtype, device=images.device)
    planes = _mixed(pad(images.round(), margins, mode="replicate"), _TO_YCC).round()
    planes[:, 0] -= _MIDDLE
    planes = _quantised(planes, tables).round()
    planes[:, 0] += _MIDDLE
    return _mixed(planes, _TO_RGB)[..., :height, :width].round().clamp(0.0, 255.0)


def quantisers(qualities: np.ndarray) -> np.ndarray:
    """Return ``(B, 3, 8, 8)`` divisors for Y, Cb, Cr: ``clip(floor((s t + 50) / 100), 1, 255)`` of the tables ``t``.

    ``s`` is ``5000 // q`` below quality 50, else ``200 - 2 q``, as the Independent JPEG Group's library has it.
    """
    scale = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)[:, None, None, None]
    tables = np.array([_LUMINANCE, _CHROMINANCE, _CHROMINANCE]).reshape(1, 3, _BLOCK, _BLOCK)
    return np.clip((scale * tables + 50) // 100, 1, 255)


def _quantised(planes: torch.Tensor, tables: torch.Tensor) -> torch.Tensor:
    batch, channels, height, width = planes.shape
    cosines = torch.as_tensor(_cosines(), dtype=planes.dtype, device=planes.device)
    blocks = planes.reshape(batch, channels, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).transpose(3, 4)
    divisors = tables[:, :, None, None]
    spectra = ((cosines @ blocks @ cosines.T) / divisors).round() * divisors
    return (cosines.T @ spectra @ cosines).transpose(3, 4).reshape(batch, channels, height, width)


def _cosines() -> np.ndarray:
    """Return the orthonormal ``(8, 8)`` matrix of the type-II discrete cosine transform."""
    k, n = np.arange(_BLOCK)[:, None], np.arange(_BLOCK)[None, :]
    matrix = math.sqrt(2 / _BLOCK) * np.cos(math.pi * (2 * n + 1) * k / (2 * _BLOCK))
    matrix[0] /= math.sqrt(2)
    return matrix


def _mixed(planes: torch.Tensor, matrix: tuple[tuple[float, ...], ...]) -> torch.Tensor:
    weights = torch.as_tensor(matrix, dtype=planes.dtype, device=planes.device)
    return torch.einsum("oc,bchw->bohw", weights, planes)

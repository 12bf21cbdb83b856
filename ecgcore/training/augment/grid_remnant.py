"""What is left of the paper's grid where it was not painted white: faint lines every 1 and 5 mm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ecgcore.reports.page.format import ReportFormat
from ecgcore.training.recipe.augment_section import GridSection

MM_PER_INCH = 25.4
_LINES = ((1.0, 1.0, 0.5), (5.0, 2.0, 1.0))  # every so many mm, width in page px, share of the ink
_WHITE = 255.0
_CHOICE, _INK, _X, _Y, _COLOUR = range(5)
GRID_DRAWS = 5


def line_coverage(period: float, width: float, phase: float, pixels: int, scale: float) -> np.ndarray:
    """Return the share of each pixel that lines cover, ``(pixels,)`` in [0, 1].

    Args:
        period: distance of the lines, page px.
        width: of a line, page px, below ``period``.
        phase: where the first line begins, as a share of the period.
        pixels: of the image.
        scale: px of the image per page px.
    """
    edges = np.arange(pixels + 1) / scale + (1 - phase) * period
    inked = np.floor(edges / period) * width + np.minimum(edges % period, width)  # the integral of the lines
    return np.diff(inked) * scale


def with_grid(
    images: torch.Tensor, u: np.ndarray, section: GridSection, formats: Sequence[ReportFormat]
) -> torch.Tensor:
    """Return images with remnants of the grid of their format; formats without a grid stay as they are.

    Ink multiplies the paper: ``x (1 - s (1 - colour / 255))``, with ``s`` the share of the pixel that is inked, so that
    a trace stays as dark as it is. One of the format's grid colours, the strength up to ``limit`` and the place of the
    lines are drawn per sample. They run through the whole image.

    Args:
        images: ``(B, 3, H, W)`` float, 0 to 255.
        u: ``(B, GRID_DRAWS)`` in [0, 1).
        section: limit and probability.
        formats: of each sample.
    """
    chosen = np.flatnonzero((u[:, _CHOICE] < section.p) & np.array([fmt.has_grid for fmt in formats]))
    if not len(chosen):
        return images
    size = images.shape[-2:]
    factors = np.stack([_factor(formats[int(i)], u[i], section.limit, size) for i in chosen])
    index = torch.as_tensor(chosen, device=images.device)
    factor = torch.as_tensor(factors, dtype=images.dtype, device=images.device)
    return images.index_copy(0, index, images[index] * factor)


def _factor(fmt: ReportFormat, u: np.ndarray, limit: float, size: Sequence[int]) -> np.ndarray:
    """Return ``(3, H, W)``: what is left of the light."""
    colour = np.array(fmt.grid_colours[int(u[_COLOUR] * len(fmt.grid_colours))]) / _WHITE
    bare = np.ones(tuple(size))
    for mm, width, share in _LINES:
        x, y = (_along(fmt, mm, width, u[column], size, axis) for axis, column in ((1, _X), (0, _Y)))
        bare *= 1 - limit * u[_INK] * share * (1 - (1 - y[:, None]) * (1 - x[None, :]))
    return 1 - (1 - bare) * (1 - colour)[:, None, None]


def _along(fmt: ReportFormat, mm: float, width: float, phase: float, size: Sequence[int], axis: int) -> np.ndarray:
    pixels, canonical = size[axis], fmt.canonical_size[1 - axis]
    return line_coverage(mm * fmt.dpi / MM_PER_INCH, width, phase, pixels, pixels / canonical)

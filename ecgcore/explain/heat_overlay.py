"""A heatmap as colour over an ECG: the paper is tinted, the ink stays as dark as it was."""

from __future__ import annotations

import numpy as np

from ecgcore.errors import ReportError
from ecgcore.explain.heatmap import Mass
from ecgcore.reports.page.box import Pixels

_LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
_COLOURS = ((255, 255, 255), (255, 247, 204), (254, 217, 118), (253, 160, 90), (239, 92, 66))  # white to red, in RGB


def overlay(image: Pixels, mass: Mass) -> Pixels:
    """Return ``image`` multiplied by the map's colour: white (0) over yellow to red (1).

    Args:
        image: uint8 (H, W, 3) RGB, a canonical image or a page.
        mass: (H, W), 0..1.

    Raises:
        ReportError: the sizes differ.
    """
    if image.shape[:2] != mass.shape:
        rule = f"has {image.shape[:2]} px, the map {mass.shape}"
        raise ReportError("image", rule, "pass the image that was explained", "wrong-geometry")
    product = image.astype(np.uint16) * tint(mass)
    return ((product + 127) // 255).astype(np.uint8)


def tint(mass: Mass) -> Pixels:
    """Return the colour of each value, uint8 (H, W, 3) RGB, for a map of 0..1."""
    levels = np.linspace(0, 1, 256)
    table = np.stack([np.interp(levels, _LEVELS, channel) for channel in zip(*_COLOURS, strict=True)], axis=1)
    return table.round().astype(np.uint8)[(np.clip(mass, 0, 1) * 255).round().astype(np.uint8)]

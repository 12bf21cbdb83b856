"""How a heatmap is shared out among the leads."""

from __future__ import annotations

import numpy as np

from ecgcore.errors import EvaluationError
from ecgcore.explain.heatmap import Heatmap, Mass
from ecgcore.explain.placement import format_of
from ecgcore.reports.page.format import ReportFormat


def lead_mass(heatmap: Heatmap) -> dict[str, float]:
    """Return each lead's share of the map, 0..1, in canonical order. The lead boxes cover the image: shares sum to 1.

    Raises:
        EvaluationError: the map is empty.
        ReportError: the canonical image is of no known format.
    """
    if heatmap.is_empty:
        rule = "is empty: no place speaks for it, so there is nothing to share out"
        raise EvaluationError(f"map of {heatmap.target}", rule, "leave such maps out, and say how many they are")
    return shares(heatmap.mass, format_of(heatmap.size))


def lead_area(fmt: ReportFormat) -> dict[str, float]:
    """Return each lead's share of the canonical image's area: what a map that knows nothing gives it."""
    width, height = fmt.canonical_size
    return {lead: box.width * box.height / (width * height) for lead, box in fmt.canonical_leads.items()}


def shares(mass: Mass, fmt: ReportFormat) -> dict[str, float]:
    """Return each lead's share of a map (H, W) that is not empty."""
    sums = {lead: float(box.cut(mass).sum(dtype=np.float64)) for lead, box in fmt.canonical_leads.items()}  # type: ignore[arg-type]
    total = sum(sums.values())
    return {lead: value / total for lead, value in sums.items()}

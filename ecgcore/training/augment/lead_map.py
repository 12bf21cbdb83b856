"""Where the leads are in the network's image: the formats' boxes, shrunk with the canonical image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from ecgcore.errors import TrainingError
from ecgcore.reports.page.format import LEADS, ReportFormat, known_formats

NO_LEAD = len(LEADS)  # pixels outside every lead box behave as one more lead, as large as the image


@dataclass(frozen=True)
class LeadMap:
    """The geometry of ``F`` formats in an image of ``height`` x ``width`` px. Coordinates are (x, y); a pixel's centre
    is at .5.

    Args:
        formats: their names.
        height, width: of the network's image, px.
        scale: ``(F, 2)`` px of the network's image per px of the canonical image.
        boxes: ``(F, 13, 4)`` left, top, right, bottom of each lead in px of the network's image.
        origins: ``(F, 13, 2)`` what to add to a canonical place to get the place in the ECG box, canonical px.
        centres: ``(F, 2)`` centre of the ECG box, canonical px.
        stacked: ``(F,)`` whether the lead boxes were cut out and stacked.
        leads: ``(F, height, width)`` int64, index of the lead that a pixel belongs to.
    """

    formats: tuple[str, ...]
    height: int
    width: int
    scale: torch.Tensor = field(repr=False)
    boxes: torch.Tensor = field(repr=False)
    origins: torch.Tensor = field(repr=False)
    centres: torch.Tensor = field(repr=False)
    stacked: torch.Tensor = field(repr=False)
    leads: torch.Tensor = field(repr=False)

    def to(self, device: torch.device) -> LeadMap:
        """Return it on a device."""
        names = ("scale", "boxes", "origins", "centres", "stacked", "leads")
        return LeadMap(self.formats, self.height, self.width, **{n: getattr(self, n).to(device) for n in names})


def formats_named(names: Sequence[str]) -> tuple[ReportFormat, ...]:
    """Return the formats of these names.

    Raises:
        TrainingError: one is not described.
    """
    known = {fmt.name: fmt for fmt in known_formats()}
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise TrainingError(
            f"report format {unknown[0]!r}",
            f"has no lead boxes; known are {', '.join(known)}",
            "take page_shift, rotation, lead_shift and grid out of the recipe, or describe the format",
        )
    crowded = next((name for name in names if len(known[name].leads) > NO_LEAD), None)
    if crowded:
        rule = f"has {len(known[crowded].leads)} leads, and a training moves at most {NO_LEAD}"
        raise TrainingError(
            f"report format {crowded!r}", rule, "take page_shift, rotation and lead_shift out of the recipe"
        )
    return tuple(known[name] for name in names)


def lead_map(names: Sequence[str], height: int, width: int) -> LeadMap:
    """Return the geometry of the named formats in the network's image.

    Raises:
        TrainingError: a format is not known.
    """
    formats = formats_named(names)
    boxes = np.stack([_boxes(fmt, height, width) for fmt in formats])
    return LeadMap(
        tuple(names),
        height,
        width,
        scale=_tensor([_scale(fmt, height, width) for fmt in formats]),
        boxes=_tensor(boxes),
        origins=_tensor([_origins(fmt) for fmt in formats]),
        centres=_tensor([np.array(fmt.ecg_box.size) / 2 for fmt in formats]),
        stacked=torch.tensor([fmt.canonical_columns is not None for fmt in formats]),
        leads=torch.from_numpy(
            np.stack([_leads(each[: len(fmt.leads)], height, width) for fmt, each in zip(formats, boxes, strict=True)])
        ),
    )


def _tensor(rows: Sequence[np.ndarray] | np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(rows, np.float32))


def _scale(fmt: ReportFormat, height: int, width: int) -> np.ndarray:
    return np.array([width, height]) / np.array(fmt.canonical_size)


def _boxes(fmt: ReportFormat, height: int, width: int) -> np.ndarray:
    canonical = [[b.left, b.top, b.right, b.bottom] for b in (fmt.canonical_leads[lead] for lead in fmt.leads)]
    scaled = np.array(canonical) * np.tile(_scale(fmt, height, width), 2)
    absent = NO_LEAD + 1 - len(fmt.leads)
    return np.concatenate([scaled, [[0, 0, width, height]] * absent])


def _origins(fmt: ReportFormat) -> np.ndarray:
    there, here = fmt.lead_boxes, fmt.canonical_leads
    moved = [[there[lead].left - here[lead].left, there[lead].top - here[lead].top] for lead in fmt.leads]
    return np.array([*moved, *[[0, 0]] * (NO_LEAD + 1 - len(fmt.leads))])


def _leads(boxes: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return which lead's box holds the centre of each pixel."""
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    leads = np.full((height, width), NO_LEAD)
    for lead, (left, top, right, bottom) in enumerate(boxes):
        leads[(x >= left) & (x < right) & (y >= top) & (y < bottom)] = lead
    return leads

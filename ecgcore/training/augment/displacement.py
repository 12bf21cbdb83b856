"""Small movements of a page and of its leads, as a scanner, a printer or an electrode would make them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import grid_sample

from ecgcore.training.augment.lead_map import NO_LEAD, LeadMap
from ecgcore.training.recipe.augment_section import AugmentSection

WHITE = 255.0
# columns of the table of draws: three decisions, the page's shift, its angle, and each lead's shift
_PAGE, _TURN, _LEADS, _PAGE_X, _PAGE_Y, _ANGLE, _LEAD_X = range(7)
_LEAD_Y = _LEAD_X + NO_LEAD
DISPLACEMENT_DRAWS = _LEAD_Y + NO_LEAD


@dataclass(frozen=True)
class Displacement:
    """How far each sample moves.

    Args:
        page: ``(B, 2)`` shift of the page in whole px of the network's image (x, y).
        angle: ``(B,)`` rotation in radians, positive from x towards y.
        leads: ``(B, 13, 2)`` shift of each lead in whole px; the last row, what belongs to no lead, is 0.
    """

    page: np.ndarray
    angle: np.ndarray
    leads: np.ndarray

    @property
    def moved(self) -> np.ndarray:
        """``(B,)`` whether a sample moves at all."""
        return self.page.any(axis=1) | (self.angle != 0) | self.leads.any(axis=(1, 2))


def draw_displacement(section: AugmentSection, u: np.ndarray, height: int, width: int) -> Displacement:
    """Turn draws into movements.

    Args:
        section: what is asked for.
        u: ``(B, DISPLACEMENT_DRAWS)`` in [0, 1).
        height: px of the network's image.
        width: px of the network's image.
    """
    size = np.array([width, height])
    page, angle, leads = np.zeros((len(u), 2)), np.zeros(len(u)), np.zeros((len(u), NO_LEAD + 1, 2))
    if section.page_shift:
        chosen = (u[:, _PAGE] < section.page_shift.p)[:, None]
        page = chosen * _whole(u[:, [_PAGE_X, _PAGE_Y]], section.page_shift.limit * size)
    if section.rotation:
        chosen = u[:, _TURN] < section.rotation.p
        angle = chosen * math.radians(section.rotation.limit) * (2 * u[:, _ANGLE] - 1)
    if section.lead_shift:
        chosen = (u[:, _LEADS] < section.lead_shift.p)[:, None, None]
        each = np.stack([u[:, _LEAD_X:_LEAD_Y], u[:, _LEAD_Y:DISPLACEMENT_DRAWS]], axis=-1)
        leads[:, :NO_LEAD] = chosen * _whole(each, section.lead_shift.limit * size)
    return Displacement(page, angle, leads)


def _whole(u: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Map [0, 1) to whole numbers in +- limit: a shift by parts of a pixel would blur the traces."""
    return np.rint((2 * u - 1) * limit)


def displaced(images: torch.Tensor, moves: Displacement, formats: torch.Tensor, where: LeadMap) -> torch.Tensor:
    """Return moved images; what comes in from outside is white.

    First each lead moves inside its own box, and what leaves the box is gone. Then the page moves: first it turns about
    the centre of the ECG box, in canonical px, so that the unequal shrinking of width and height bends nothing; then it
    shifts. In a format whose leads were cut out of the page and stacked, the page moves under the boxes that cut it:
    each lead turns, and shifts as far as its place on the page does, inside its own box.

    Shifts alone move whole pixels and change no value; only a rotation interpolates (bilinear).

    Args:
        images: ``(B, 3, H, W)`` float.
        moves: of these samples.
        formats: ``(B,)`` int64, index into ``where.formats``, on the device of ``images``.
        where: the lead boxes, on the device of ``images``.
    """
    chosen = np.flatnonzero(moves.moved)
    if not len(chosen):
        return images
    index = torch.as_tensor(chosen, device=images.device)
    some = Displacement(moves.page[chosen], moves.angle[chosen], moves.leads[chosen])
    source, seen = _sources(some, formats[index], where)
    size = torch.tensor([where.width, where.height], dtype=source.dtype, device=source.device)
    grid = 2 * source / size - 1  # grid_sample's coordinates: -1 and 1 are the image's borders
    found = grid_sample(images[index], grid, mode="bilinear", padding_mode="border", align_corners=False)
    white = torch.full((), WHITE, dtype=found.dtype, device=found.device)
    return images.index_copy(0, index, torch.where(seen[:, None], found, white))


def _sources(moves: Displacement, formats: torch.Tensor, where: LeadMap) -> tuple[torch.Tensor, torch.Tensor]:
    """Return where each pixel comes from, ``(B, H, W, 2)`` px, and whether that is on the paper, ``(B, H, W)``."""
    device = where.boxes.device
    here, stacked = _centres(where), where.stacked[formats][:, None, None]
    shift, angle, leads = (
        torch.as_tensor(v, dtype=torch.float32, device=device) for v in (moves.page, moves.angle, moves.leads)
    )
    lead = where.leads[formats]
    place = torch.where(stacked[..., None], _of_lead(where.origins, formats, lead), torch.zeros(2, device=device))
    scale, centre = (v[formats][:, None, None] for v in (where.scale, where.centres))
    on_page = (here - shift[:, None, None]) / scale + place
    before = ((_turned(on_page - centre, -angle) + centre) - place) * scale
    lead = torch.where(stacked, lead, _lead_at(before, formats, where))
    source = before - _of_lead(leads, torch.arange(len(leads), device=device), lead)
    box = _of_lead(where.boxes, formats, lead)
    return source, _inside(before, box) & _inside(source, box)


def _centres(where: LeadMap) -> torch.Tensor:
    device = where.boxes.device
    y, x = torch.meshgrid(
        torch.arange(where.height, device=device) + 0.5, torch.arange(where.width, device=device) + 0.5, indexing="ij"
    )
    return torch.stack([x, y], dim=-1)


def _turned(points: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    x, y = points.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y], dim=-1)


def _lead_at(points: torch.Tensor, formats: torch.Tensor, where: LeadMap) -> torch.Tensor:
    """Return the lead at points that may lie outside the image: there it is none."""
    x, y = points.floor().long().unbind(-1)
    within = (x >= 0) & (x < where.width) & (y >= 0) & (y < where.height)
    x, y = x.clamp(0, where.width - 1), y.clamp(0, where.height - 1)
    return torch.where(within, where.leads[formats[:, None, None], y, x], NO_LEAD)


def _of_lead(table: torch.Tensor, row: torch.Tensor, lead: torch.Tensor) -> torch.Tensor:
    """Return ``table[row, lead]`` for ``(F, 13, K)``, ``(B,)`` and ``(B, H, W)``: ``(B, H, W, K)``."""
    return table[row[:, None, None], lead]


def _inside(points: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    return ((points >= boxes[..., :2]) & (points < boxes[..., 2:])).all(dim=-1)

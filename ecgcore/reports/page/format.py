"""A report format: where on the page each lead is, and how it is drawn. Descriptions are YAML files in ``formats/``.

A folder that the environment's ``ECG_FORMATS`` names adds formats to those that are known here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ecgcore.errors import EcgError
from ecgcore.reports.page.box import Box

LEADS = (
    "I",
    "II",
    "III",
    "aVR",
    "aVL",
    "aVF",
    "V1",
    "V2",
    "V3",
    "V4",
    "V5",
    "V6",
)  # the twelve of a standard recording
FORMATS_DIR = Path(__file__).parent / "formats"
MORE_FORMATS = "ECG_FORMATS"
Colour = tuple[int, int, int]


class FormatError(EcgError):
    """The description of a report format is wrong."""


@dataclass(frozen=True)
class ReportFormat:
    """The geometry of one machine's report; lengths in px at ``dpi``, from the top left corner of the page.

    Args:
        name: short name, as the ledger keeps it.
        machine: the machine that prints it.
        dpi: resolution that all boxes refer to.
        mm_per_s, mm_per_mV: paper speed and gain.
        page_sizes: paper name to (width, height).
        ecg_box: the part of the page that models see.
        signal_box: the part of the page where signals are measured.
        grid_colours: RGB of the grid lines; empty if the page has no grid.
        grid_tolerance: largest difference per channel that is still the grid.
        leads: their names, column by column of the page, each from top to bottom; this is their canonical order.
        rows, columns: layout of the leads.
        seconds_per_lead: recorded time per lead.
        rhythm_lead: lead of the strip below the rows, if there is one.
        zero_rows: y of 0 mV of each row of leads inside ``signal_box``.
        trace_starts: x inside ``signal_box`` where each column of leads starts; time runs on from column to column.
        canonical_columns: None if the canonical image is the ECG box as it is; else the number of columns in which the
            lead boxes are stacked after the grid was painted white.
        lead_boxes: lead to its box inside ``ecg_box``, in canonical order.
        label_boxes: lead to the rectangle of its printed name inside ``signal_box``.
        reader: the class that reads its pages, ``module:Class``; None for the one that reads boxes as described here.
    """

    name: str
    machine: str
    dpi: int
    mm_per_s: float
    mm_per_mV: float  # noqa: N815 - the unit is written mV
    page_sizes: Mapping[str, tuple[int, int]]
    ecg_box: Box
    signal_box: Box
    grid_colours: tuple[Colour, ...]
    grid_tolerance: int
    leads: tuple[str, ...]
    rows: int
    columns: int
    seconds_per_lead: float
    rhythm_lead: str | None
    zero_rows: tuple[int, ...]
    trace_starts: tuple[int, ...]
    canonical_columns: int | None
    lead_boxes: Mapping[str, Box]
    label_boxes: Mapping[str, Box]
    reader: str | None = None

    @property
    def lead_columns(self) -> tuple[int, ...]:
        """For each lead, in which column of the page it is drawn."""
        return tuple(i // self.rows for i in range(len(self.leads)))

    @property
    def has_grid(self) -> bool:
        return bool(self.grid_colours)

    @property
    def px_per_s(self) -> float:
        """Pixels per second: dpi / 25.4 px per mm times the paper speed."""
        return self.dpi / 25.4 * self.mm_per_s

    @property
    def px_per_mV(self) -> float:  # noqa: N802 - the unit is written mV
        """Pixels per millivolt: dpi / 25.4 px per mm times the gain."""
        return self.dpi / 25.4 * self.mm_per_mV

    @property
    def labels_in_ecg_box(self) -> dict[str, Box]:
        """The label rectangles, moved from the signal box into the ECG box."""
        dx, dy = self.signal_box.left - self.ecg_box.left, self.signal_box.top - self.ecg_box.top
        return {lead: box.moved(dx, dy) for lead, box in self.label_boxes.items()}

    @property
    def canonical_leads(self) -> dict[str, Box]:
        """Where each lead is in the canonical image."""
        if self.canonical_columns is None:
            return dict(self.lead_boxes)
        width, height = next(iter(self.lead_boxes.values())).size
        per_column = len(self.leads) // self.canonical_columns
        places = ((i // per_column * width, i % per_column * height) for i in range(len(self.leads)))
        return {lead: Box(x, y, x + width, y + height) for lead, (x, y) in zip(self.lead_boxes, places, strict=True)}

    @property
    def canonical_labels(self) -> dict[str, Box]:
        """Where each lead's printed name is in the canonical image."""
        labels, leads = self.labels_in_ecg_box, self.canonical_leads
        return {
            lead: labels[lead].moved(leads[lead].left - box.left, leads[lead].top - box.top)
            for lead, box in self.lead_boxes.items()
        }

    @property
    def canonical_size(self) -> tuple[int, int]:
        """Width and height of the canonical image."""
        if self.canonical_columns is None:
            return self.ecg_box.size
        boxes = self.canonical_leads.values()
        return max(b.right for b in boxes), max(b.bottom for b in boxes)


def load_format(path: Path) -> ReportFormat:
    """Read and check the description of one format.

    Raises:
        FormatError: the file is not YAML, misses a key, or its geometry contradicts itself.
    """
    try:
        described = _from_mapping(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as e:
        raise FormatError(path.name, f"is no format description ({e!r})", "compare it with formats/new.yaml") from e
    fault = _fault(described)
    if fault:
        raise FormatError(path.name, fault, "correct the box or number in this file; all are px at its dpi")
    return described


def known_formats(folder: Path | None = None) -> tuple[ReportFormat, ...]:
    """Return every format described in a folder; by default those of this package, then those of ``ECG_FORMATS``.

    Raises:
        FormatError: a description is wrong, two have one name or canonical images of one size, or a folder has none.
    """
    more = os.environ.get(MORE_FORMATS)
    folders = (folder,) if folder else (FORMATS_DIR, Path(more)) if more else (FORMATS_DIR,)
    return _formats_in(folders)


@lru_cache
def _formats_in(folders: tuple[Path, ...]) -> tuple[ReportFormat, ...]:
    found = [[load_format(path) for path in sorted(folder.glob("*.yaml"))] for folder in folders]
    empty = next((folder for folder, formats in zip(folders, found, strict=True) if not formats), None)
    if empty is not None:
        raise FormatError(empty, "holds no format description (*.yaml)", f"correct {MORE_FORMATS}")
    formats = tuple(each for part in found for each in part)
    if len({f.name for f in formats}) != len(formats):
        names = sorted(f.name for f in formats)
        raise FormatError(
            folders[-1].name, f"needs formats with different names, has {names}", "give each its own name"
        )
    if len({f.canonical_size for f in formats}) != len(formats):
        sizes = ", ".join(f"{f.name} {f.canonical_size[0]} x {f.canonical_size[1]}" for f in formats)
        rule = f"has canonical images of one size ({sizes}), and the size tells which format an image has"
        raise FormatError(folders[-1].name, rule, "make the ECG box or the lead boxes of one a px larger")
    return formats


def _from_mapping(raw: Any) -> ReportFormat:
    leads = tuple(str(lead) for lead in raw["leads"])
    return ReportFormat(
        name=str(raw["name"]),
        machine=str(raw["machine"]),
        dpi=int(raw["dpi"]),
        mm_per_s=float(raw["mm_per_s"]),
        mm_per_mV=float(raw["mm_per_mV"]),
        page_sizes={str(paper): _pair(size) for paper, size in raw["pages"].items()},
        ecg_box=Box(*raw["ecg_box"]),
        signal_box=Box(*raw["signal_box"]),
        grid_colours=tuple(_colour(c) for c in raw["grid"]["colours"]),
        grid_tolerance=int(raw["grid"]["tolerance"]),
        leads=leads,
        rows=int(raw["rows"]),
        columns=int(raw["columns"]),
        seconds_per_lead=float(raw["seconds_per_lead"]),
        rhythm_lead=raw["rhythm_lead"],
        zero_rows=tuple(int(v) for v in raw["zero_rows"]),
        trace_starts=tuple(int(v) for v in raw["trace_starts"]),
        canonical_columns=raw["canonical_columns"],
        lead_boxes={lead: Box(*raw["lead_boxes"][lead]) for lead in leads},
        label_boxes={lead: Box(*raw["label_boxes"][lead]) for lead in leads},
        reader=raw.get("reader"),
    )


def _pair(values: Any) -> tuple[int, int]:
    width, height = values
    return int(width), int(height)


def _colour(values: Any) -> Colour:
    red, green, blue = (int(v) for v in values)
    return red, green, blue


def _fault(described: ReportFormat) -> str | None:
    """Return what is wrong with a description, or None."""
    numbers = (described.dpi, described.mm_per_s, described.mm_per_mV, described.seconds_per_lead)
    if min(numbers) <= 0 or not described.leads or described.rows * described.columns != len(described.leads):
        return f"needs a positive dpi, speed, gain and duration, and rows x columns = {len(described.leads)} leads"
    if len(set(described.leads)) != len(described.leads):
        return "names a lead twice"
    if any(not 0 <= v <= 255 for colour in described.grid_colours for v in colour):
        return "has a grid colour outside 0..255"
    if described.rhythm_lead not in (None, *described.leads):
        return f"names an unknown rhythm lead {described.rhythm_lead!r}"
    return _box_fault(described) or _trace_fault(described) or _stack_fault(described)


def _box_fault(described: ReportFormat) -> str | None:
    if not described.page_sizes:
        return "names no page size"
    for paper, size in described.page_sizes.items():
        if not (described.ecg_box.inside(*size) and described.signal_box.inside(*size)):
            return f"has a box that leaves the {paper} page"
    for lead in described.leads:
        if not described.lead_boxes[lead].inside(*described.ecg_box.size):
            return f"has a box of lead {lead} that leaves the ECG box"
        if not described.label_boxes[lead].inside(*described.signal_box.size):
            return f"has a label of lead {lead} that leaves the signal box"
    return None


def _trace_fault(described: ReportFormat) -> str | None:
    box = described.signal_box
    for name, values, count, end in (
        ("zero_rows", described.zero_rows, described.rows, box.height),
        ("trace_starts", described.trace_starts, described.columns, box.width),
    ):
        if len(values) != count or sorted(set(values)) != list(values) or not 0 <= values[0] <= values[-1] < end:
            return f"needs {count} ascending {name} inside the signal box, has {values}"
    return None


def _stack_fault(described: ReportFormat) -> str | None:
    columns = described.canonical_columns
    if columns is None:
        return None
    if columns < 1 or len(described.leads) % columns:
        return f"cannot stack {len(described.leads)} leads in {columns} columns"
    if len({box.size for box in described.lead_boxes.values()}) != 1:
        return "stacks lead boxes of different sizes"
    return None

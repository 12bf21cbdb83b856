"""A PNG or JPEG of a report: the full page, the ECG box, or an image that is canonical already."""

from __future__ import annotations

import io
from collections.abc import Iterable

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from ecgcore.reports.file.png_notes import without_long_notes
from ecgcore.reports.file.source import Source
from ecgcore.reports.file.upright import upright
from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import ReportFormat
from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.page import Extent, Page
from ecgcore.reports.page.paper import is_paper, paper_sizes
from ecgcore.reports.page.reason import Reason, RefusalError

_ASPECT_TOLERANCE = 0.01
_SMALLEST_SCALE = 0.24  # 72 of 300 dpi; below, a trace is thinner than the paper's noise
Size = tuple[int, int]


def read_picture(source: Source, formats: Iterable[ReportFormat], limits: Limits) -> Page:
    """Decode a picture and bring it to the formats' dpi.

    Raises:
        RefusalError: damaged, too many pixels, or neither a landscape page, an ECG box nor a canonical image.
    """
    pixels, lossless = _decode(source, limits)
    height, width = pixels.shape[:2]
    formats = tuple(formats)
    extent, size = _meaning(source, (width, height), formats)
    exact_size = size == (width, height)
    return Page(_resized(pixels, size), extent, exact=lossless and exact_size)


def _decode(source: Source, limits: Limits) -> tuple[Pixels, bool]:
    """Return RGB pixels and whether the file format keeps them without loss."""
    try:
        with Image.open(io.BytesIO(without_long_notes(source.data)), formats=("PNG", "JPEG")) as image:
            _check_pixels(source, image, limits)
            lossless = image.format == "PNG"
            return np.array(_rgb(upright(image))), lossless
    except Image.DecompressionBombError as e:
        raise RefusalError(source.name, Reason.TOO_LARGE, "too many pixels") from e
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as e:
        raise RefusalError(source.name, Reason.UNREADABLE, "damaged picture") from e


def _check_pixels(source: Source, image: Image.Image, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise RefusalError(source.name, Reason.TOO_LARGE, f"{width} x {height} px")


def _rgb(image: Image.Image) -> Image.Image:
    """Return 8-bit RGB on white paper; 16-bit grey is scaled, as Pillow's own conversion would clip it."""
    if image.mode in ("I", "I;16", "I;16B", "F"):
        image = Image.fromarray((np.asarray(image, np.float64) / 257).round().clip(0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(paper, layer)
    return image.convert("RGB")


def _meaning(source: Source, size: Size, formats: tuple[ReportFormat, ...]) -> tuple[Extent, Size]:
    """Return what a picture of this size shows, and its size at the formats' dpi."""
    if is_paper(size, formats):
        return Extent.PAGE, size
    wanted = [(Extent.CANONICAL, f.canonical_size) for f in formats]
    wanted += [(Extent.ECG_BOX, f.ecg_box.size) for f in formats]
    for extent, target in wanted:
        if size == target:
            return extent, target
    wanted = wanted[len(formats) :] + [(Extent.PAGE, paper) for paper in paper_sizes(formats)]
    extent, target = min(wanted, key=lambda w: abs(_aspect(size) / _aspect(w[1]) - 1))
    off = abs(_aspect(size) / _aspect(target) - 1)
    if off > _ASPECT_TOLERANCE or size[0] < _SMALLEST_SCALE * target[0]:
        raise RefusalError(source.name, Reason.WRONG_GEOMETRY, f"{size[0]} x {size[1]} px")
    return extent, target


def _aspect(size: Size) -> float:
    return size[0] / size[1]


def _resized(pixels: Pixels, size: Size) -> Pixels:
    """Area averaging when shrinking, Lanczos when growing; the same pixels if the size is right."""
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    shrinking = pixels.shape[1] > size[0]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LANCZOS4)  # type: ignore[return-value]

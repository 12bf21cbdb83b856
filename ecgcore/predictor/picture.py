"""What a caller hands in -> the RGB pixels that the transform sees."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ecgcore.data.image_transform import check_rgb
from ecgcore.errors import PredictorError, ReportError
from ecgcore.reports.file.upright import upright, upright_size
from ecgcore.reports.page.format import known_formats
from ecgcore.reports.page.reason import Caution, Reason

log = logging.getLogger(__name__)

ImageSource = Image.Image | NDArray[np.uint8] | Path | str

MAX_FILE_BYTES = 64 * 1024**2
MAX_PIXELS = 50_000_000

_PDF_MAGIC = b"%PDF-"
_PDF_MAGIC_WITHIN = 1024
_WHITE = (255, 255, 255, 255)
_PLAIN_MODES = ("1", "L", "P", "RGB", "CMYK", "YCbCr")
_ALPHA_MODES = ("LA", "PA", "RGBA")
_UNDECODABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)
_ASPECT_TOLERANCE = 0.01


@dataclass(frozen=True)
class Picture:
    """What a file shows.

    Args:
        pixels: uint8 H x W x 3 RGB, as the transform sees them.
        cautions: what is unusual about the report that it was read as.
        is_report: whether it was read as a report; else it was used as it is, whatever is on it.
    """

    pixels: NDArray[np.uint8] = field(repr=False)
    cautions: tuple[Caution, ...] = ()
    is_report: bool = False


def load_picture(source: ImageSource) -> NDArray[np.uint8]:
    """Return uint8 H x W x 3 RGB.

    A PIL image or an array is used as it is: already without grid, leads in the old format's arrangement. Transparency
    is laid on white. For a file see :func:`open_picture`.

    Raises:
        PredictorError: not an image that can be used.
        ReportError: a page that is not a report of a known format, with the reason.
    """
    if isinstance(source, Image.Image):
        try:
            return _rgb(source, "image")
        except _UNDECODABLE as error:  # PIL decodes late
            raise _undecodable("image", error) from error
    if isinstance(source, str | Path):
        picture = open_picture(Path(source))
        if not picture.is_report and _has_canonical_size(picture.pixels.shape[1::-1]):
            log.warning("A file of a canonical image's size shows no known format: it is used as it is")
        return picture.pixels
    check_rgb(source)
    return source


def open_picture(path: Path) -> Picture:
    """Return what a file shows.

    - A PDF is a report page: it is read, checked and made canonical by :mod:`ecgcore.reports`.
    - So is a PNG or JPEG with the shape of a letter or A4 page or of the new format's uncropped ECG box (to 1 %),
      because a header and a grid must not reach the model.
    - One of exactly the size of a known format's canonical image is read like that too, which leaves a canonical PNG
      as it is, takes out what JPEG left of the grid, and refuses a blank page. If it shows no known format, it is used
      as it is.
    - Every other PNG or JPEG is used as it is, as the deployed predictor does: what a model answers means little if
      header and grid are still there.

    Raises:
        PredictorError: not an image that can be used.
        ReportError: a page that is not a report of a known format, with the reason.
    """
    _check_file(path)
    try:
        with path.open("rb") as file:
            is_pdf = _PDF_MAGIC in file.read(_PDF_MAGIC_WITHIN)
    except OSError as error:
        raise PredictorError(path, f"cannot be read ({error.strerror})", "check its permissions") from error
    return _from_report(path) if is_pdf else _from_image(path)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise PredictorError(path, "is not a file", "name a PNG, a JPEG or a report PDF")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise PredictorError(path, f"has more than {MAX_FILE_BYTES} bytes", "give one ECG per file")


def _from_report(path: Path) -> Picture:
    from ecgcore.reports.report import read_report

    report = read_report(path)
    return Picture(report.image, report.cautions, is_report=True)


def _from_image(path: Path) -> Picture:
    with _opened(path) as image:
        size = upright_size(image)
    if _is_page(*size):
        return _from_report(path)
    return _from_canonical(path) if _has_canonical_size(size) else _as_it_is(path)


def _from_canonical(path: Path) -> Picture:
    try:
        return _from_report(path)
    except ReportError as error:
        if error.reason != Reason.UNKNOWN_FORMAT:
            raise
    return _as_it_is(path)


def _as_it_is(path: Path) -> Picture:
    with _opened(path) as image:
        return Picture(_rgb(upright(image), path))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PredictorError(path, f"has more than {MAX_PIXELS} pixels", "give one ECG per file")
            yield image
    except _UNDECODABLE as error:
        raise _undecodable(path, error) from error


def _undecodable(thing: object, error: Exception) -> PredictorError:
    hint = "name a PNG, a JPEG or a report PDF that opens in a viewer"
    return PredictorError(thing, f"cannot be read as an image ({type(error).__name__})", hint)


def _is_page(width: int, height: int) -> bool:
    """Tell whether a picture has the shape of what still has to be cropped and rearranged."""
    return any(abs(width / height / aspect - 1) <= _ASPECT_TOLERANCE for aspect in _page_aspects())


def _page_aspects() -> Iterator[float]:
    """Yield width / height of the known papers, either way up, and of the ECG boxes that are stacked anew."""
    for fmt in known_formats():
        for wide, high in fmt.page_sizes.values():
            yield from (wide / high, high / wide)
        if fmt.canonical_columns is not None:
            yield max(box.right for box in fmt.lead_boxes.values()) / fmt.ecg_box.height


def _has_canonical_size(size: tuple[int, ...]) -> bool:
    return size in {fmt.canonical_size for fmt in known_formats()}


def _rgb(image: Image.Image, thing: object) -> NDArray[np.uint8]:
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, _WHITE), layer)
    elif image.mode not in _PLAIN_MODES:
        raise PredictorError(thing, f"has the pixel mode {image.mode}", "save it with 8 bits per channel")
    return np.asarray(image.convert("RGB"))

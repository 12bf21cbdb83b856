"""What a caller hands in -> the RGB pixels that the transform sees."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ecgcore.data.transform import check_rgb
from ecgcore.errors import PredictorError

ImageSource = Image.Image | NDArray[np.uint8] | Path | str

MAX_FILE_BYTES = 64 * 1024**2
MAX_PIXELS = 50_000_000

_PDF_MAGIC = b"%PDF-"
_PDF_MAGIC_WITHIN = 1024
_WHITE = (255, 255, 255, 255)
_PLAIN_MODES = ("1", "L", "P", "RGB", "CMYK", "YCbCr")
_ALPHA_MODES = ("LA", "PA", "RGBA")
_UNDECODABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)
# Width / height of what still has to be cropped and rearranged: letter and A4, either way up, and the new format's
# ECG box. Then those of canonical images: old, new.
_PAGE_ASPECTS = (11 / 8.5, 8.5 / 11, 297 / 210, 210 / 297, 2918 / 1050)
_CANONICAL_ASPECTS = (2820 / 1320, 1402 / 2100)
_ASPECT_TOLERANCE = 0.01
_ORIENTATION, _FIRST_ON_ITS_SIDE = 0x0112, 5  # EXIF: orientations 5 to 8 swap width and height


def load_picture(source: ImageSource) -> NDArray[np.uint8]:
    """Return uint8 H x W x 3 RGB.

    - A PIL image or an array is used as it is: already without grid, leads in the old format's arrangement.
      Transparency is laid on white.
    - A PDF is a report page: it is read, checked and made canonical by :mod:`ecgcore.reports`.
    - A PNG or JPEG file is used as it is, too, unless it has the shape of a letter or A4 page or of the new format's
      uncropped ECG box (to 1 %): that is read like a PDF, because a header and a grid must not reach the model.

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
        return _from_file(Path(source))
    check_rgb(source)
    return source


def has_unknown_shape(path: Path) -> bool:
    """Return whether a PNG or JPEG file is neither canonical by its shape nor a page, such as a photo or a screenshot.

    The deployed predictor takes such an image as it is, and so does :func:`load_picture`: what it answers means little
    if header and grid are still there. False for everything that is no readable image.
    """
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            width, height = _upright_size(image)
    except _UNDECODABLE:
        return False
    return not (_is_page(width, height) or _has_aspect(width, height, _CANONICAL_ASPECTS))


def _from_file(path: Path) -> NDArray[np.uint8]:
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


def _from_report(path: Path) -> NDArray[np.uint8]:
    from ecgcore.reports.report import read_report

    return read_report(path).image


def _from_image(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PredictorError(path, f"has more than {MAX_PIXELS} pixels", "give one ECG per file")
            is_page = _is_page(*_upright_size(image))
            pixels = None if is_page else _rgb(ImageOps.exif_transpose(image), path)
    except _UNDECODABLE as error:
        raise _undecodable(path, error) from error
    return _from_report(path) if pixels is None else pixels


def _undecodable(thing: object, error: Exception) -> PredictorError:
    hint = "name a PNG, a JPEG or a report PDF that opens in a viewer"
    return PredictorError(thing, f"cannot be read as an image ({type(error).__name__})", hint)


def _upright_size(image: Image.Image) -> tuple[int, int]:
    on_its_side = image.getexif().get(_ORIENTATION, 1) >= _FIRST_ON_ITS_SIDE
    return (image.height, image.width) if on_its_side else image.size


def _is_page(width: int, height: int) -> bool:
    return _has_aspect(width, height, _PAGE_ASPECTS)


def _has_aspect(width: int, height: int, aspects: Iterable[float]) -> bool:
    return any(abs(width / height / aspect - 1) <= _ASPECT_TOLERANCE for aspect in aspects)


def _rgb(image: Image.Image, thing: object) -> NDArray[np.uint8]:
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, _WHITE), layer)
    elif image.mode not in _PLAIN_MODES:
        raise PredictorError(thing, f"has the pixel mode {image.mode}", "save it with 8 bits per channel")
    return np.asarray(image.convert("RGB"))

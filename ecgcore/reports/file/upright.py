"""Which way up a picture is, by its EXIF; what its EXIF says of anything else, or wrongly, does not count."""

from __future__ import annotations

import struct

from PIL import Image

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FIRST_ON_ITS_SIDE = 5  # orientations 5 to 8 swap width and height
_NO_EXIF = (SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, struct.error)


def upright(image: Image.Image) -> Image.Image:
    """Return a picture the way up that its EXIF orientation asks for; as it is where that is none of 2 to 8.

    ``ImageOps.exif_transpose`` writes all EXIF anew for that, and fails where another entry of it is wrong.
    """
    orientation = _orientation(image)
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height of :func:`upright`, in px."""
    return (image.height, image.width) if _orientation(image) >= _FIRST_ON_ITS_SIDE else image.size


def _orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION)
    except _NO_EXIF:
        return 1
    return found if isinstance(found, int) and found in _TURNS else 1

"""EXIF of strangers: written byte by byte, as the TIFF 6.0 specification says."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ecgcore.reports.file.upright import upright, upright_size

ORIENTATION, RESOLUTION = 0x0112, 0x011A
ASCII, SHORT, UNDEFINED = 2, 3, 7
PIXELS = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40


def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")


def tiff(*entries: bytes) -> bytes:
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + b"\0\0\0\0"


def turned(orientation: int) -> bytes:
    return entry(ORIENTATION, SHORT, 1, struct.pack("<H", orientation))


def png(exif: bytes) -> Image.Image:
    plain = io.BytesIO()
    Image.fromarray(PIXELS).save(plain, "PNG")
    data, chunk = plain.getvalue(), b"eXIf" + exif
    whole = struct.pack(">I", len(exif)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return Image.open(io.BytesIO(data[:33] + whole + data[33:]))  # behind the header


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [  # what is row 0 and column 0 of the picture as it is kept: EXIF 2.3, 4.6.4 A
        (1, PIXELS),
        (2, PIXELS[:, ::-1]),
        (3, PIXELS[::-1, ::-1]),
        (4, PIXELS[::-1]),
        (5, PIXELS.T),
        (6, PIXELS[::-1].T),
        (7, PIXELS[::-1, ::-1].T),
        (8, PIXELS.T[::-1]),
        (0, PIXELS),
        (9, PIXELS),
    ],
)
def test_a_picture_is_turned_as_its_orientation_says(orientation, expected):
    image = png(tiff(turned(orientation)))
    assert upright_size(image) == expected.shape[::-1]
    np.testing.assert_array_equal(np.asarray(upright(image)), expected)


@pytest.mark.parametrize(
    "exif",
    [
        tiff(entry(ORIENTATION, ASCII, 2, b"6")),
        tiff(entry(ORIENTATION, UNDEFINED, 2, b"\6\0")),
        tiff(entry(ORIENTATION, UNDEFINED, 1, b"\6")),
        b"II*\0",
        b"garbage!garbage!",
        b"",
    ],
    ids=["text", "bytes", "byte", "cut", "garbage", "empty"],
)
def test_a_wrong_orientation_or_exif_leaves_it_as_it_is(exif):
    assert upright_size(png(exif)) == (3, 2)
    np.testing.assert_array_equal(np.asarray(upright(png(exif))), PIXELS)


def test_a_right_orientation_counts_although_another_entry_is_wrong():
    image = png(tiff(turned(6), entry(RESOLUTION, ASCII, 3, b"ab")))
    np.testing.assert_array_equal(np.asarray(upright(image)), PIXELS[::-1].T)

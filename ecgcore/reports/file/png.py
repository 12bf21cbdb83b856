"""PNG files of 8-bit images, written fast and without loss.

Pages are mostly white, so unfiltered rows and zlib's fastest level beat the encoders of OpenCV and Pillow by three
times; the numbers are in docs/benchmarks.md.
"""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np

from ecgcore.reports.page.box import Pixels, bands

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LEVEL = 1
_GREY, _RGB = 0, 2


def plane_of(image: Pixels) -> Pixels:
    """Return what is stored of an (H, W, 3) image: (H, W) if all channels are equal everywhere, else (H, W, 3)."""
    plane = np.empty(image.shape[:2], np.uint8)
    for rows in bands(image):
        red, green, blue = cv2.split(image[rows])
        if cv2.norm(red, green, cv2.NORM_INF) != 0 or cv2.norm(red, blue, cv2.NORM_INF) != 0:
            return np.ascontiguousarray(image)
        plane[rows] = red
    return plane


def encode_png(plane: Pixels) -> bytes:
    """Return a PNG of a contiguous uint8 (H, W) grey or (H, W, 3) RGB image."""
    height, width = plane.shape[:2]
    colour = _GREY if plane.ndim == 2 else _RGB
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    rows = plane.reshape(height, -1)
    unfiltered = cv2.copyMakeBorder(rows, 0, 0, 1, 0, cv2.BORDER_CONSTANT, value=(0,))
    body = zlib.compress(np.ascontiguousarray(unfiltered).data, _LEVEL)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))

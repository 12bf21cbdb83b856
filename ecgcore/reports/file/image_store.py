"""Canonical images on disk: lossless PNG files named by the hash of their pixels."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from ecgcore import durable
from ecgcore.errors import EcgError
from ecgcore.reports.file.png import encode_png, plane_of
from ecgcore.reports.page.box import Pixels


class StoreError(EcgError):
    """An image cannot be stored or loaded."""


def image_sha256(image: Pixels) -> str:
    """Return the SHA-256 (hex) of an image's shape and pixels.

    The shape is ``<height>x<width>x<channels>:`` in ASCII, the pixels follow row by row; an image whose three channels
    are equal everywhere has one channel, every other has three, in the order red, green, blue.

    Args:
        image: uint8 (H, W, 3) RGB.
    """
    return _sha256(plane_of(image))


def _sha256(plane: Pixels) -> str:
    height, width = plane.shape[:2]
    digest = hashlib.sha256(f"{height}x{width}x{plane.size // (height * width)}:".encode())
    digest.update(plane.data)
    return digest.hexdigest()


def image_path(sha256: str) -> Path:
    """Return where an image is, relative to the image folder: ``<first two digits>/<sha256>.png``."""
    return Path(sha256[:2]) / f"{sha256}.png"


def store_image(image: Pixels, image_dir: Path) -> str:
    """Write an image unless it is there already, and return its hash.

    The file appears under its name complete or not at all, also after a power cut.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    plane = plane_of(image)
    sha256 = _sha256(plane)
    target = image_dir / image_path(sha256)
    if not target.exists():
        write_atomically(target, encode_png(plane))
    return sha256


def load_image(path: Path) -> Pixels:
    """Return uint8 (H, W, 3) RGB of a stored image, exactly as it was stored.

    Raises:
        StoreError: the file is missing or damaged.
    """
    try:
        data = np.fromfile(path, np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, cv2.error) as e:
        raise StoreError(path.name, "cannot be read", "ingest its report again, or restore the image folder") from e
    if image is None:
        raise StoreError(path.name, "is no complete PNG", "delete it and ingest its report again")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


def check_png_path(path: Path) -> None:
    """Check, before the work, that a PNG can be written under this name.

    Raises:
        StoreError: the name does not end in .png, or its folder is not there.
    """
    if path.suffix.lower() != ".png":
        raise StoreError(path, "is no name of a PNG", "let it end in .png")
    if not path.parent.is_dir():
        raise StoreError(path.parent, "is no folder", "make it, or name another")


def write_atomically(target: Path, data: bytes) -> None:
    """Write a file that appears complete or not at all.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    try:
        durable.write_bytes(target, data)
    except OSError as e:
        raise StoreError(
            target.parent, f"cannot be written ({e.strerror})", "free or mount the disk, then repeat"
        ) from e

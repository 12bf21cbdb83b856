"""What programs note in a PNG beside its pixels: texts and colour profiles, some longer than Pillow reads."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NOTES = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
_LONGEST = 1_000_000  # bytes of one; Pillow refuses 1 MiB
_LONGEST_TOGETHER = 32_000_000  # Pillow refuses 64 MiB
_AROUND = 12  # bytes of length, name and checksum


def without_long_notes(data: bytes) -> bytes:
    """Return a PNG without the texts and profiles that Pillow would refuse it for; the pixels do not depend on them.

    Anything else, and a PNG whose parts do not follow each other, comes back as it is.
    """
    if not data.startswith(_SIGNATURE):
        return data
    parts, left, dropped = [_SIGNATURE], _LONGEST_TOGETHER, False
    for name, part in _parts(data):
        size = _size(name, part[8:-4]) if name in _NOTES else 0
        left -= size
        if size > _LONGEST or left < 0:
            dropped = True
        else:
            parts.append(part)
    return b"".join(parts) if dropped else data


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk with its name; what follows the last whole one has no name."""
    place = len(_SIGNATURE)
    while place + _AROUND <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        end = place + _AROUND + length
        if end > len(data):
            break
        yield data[place + 4 : place + 8], data[place:end]
        place = end
    yield b"", data[place:]


def _size(name: bytes, note: bytes) -> int:
    """Return the bytes of a note as Pillow would hold them, counted to one over the longest that is kept."""
    _, _, rest = note.partition(b"\0")
    if name in (b"zTXt", b"iCCP"):
        return _unpacked_size(rest[1:])
    if name == b"iTXt" and rest[:1] == b"\1":
        return _unpacked_size(rest[2:].split(b"\0", 2)[-1])
    return len(note)


def _unpacked_size(packed: bytes) -> int:
    try:
        return len(zlib.decompressobj().decompress(packed, _LONGEST + 1))
    except zlib.error:
        return len(packed)

"""Files that mean harm, made by hand."""

from __future__ import annotations

import io
import struct
import zlib


def tiny_pdf(content: bytes, media_box: str = "0 0 792 612", pages: int = 1, kids: bytes | None = None) -> bytes:
    """A PDF with one content stream that all its pages share, and a correct cross-reference table."""
    numbers = b" ".join(b"%d 0 R" % (4 + i) for i in range(pages)) if kids is None else kids
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (numbers, pages),
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(c := zlib.compress(content)), c),
    ]
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 3 0 R >>" % media_box.encode()
    objects += [page] * pages
    out, offsets = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def endless_drawing() -> bytes:
    """Three million curves in a stream of some hundred kilobytes."""
    return tiny_pdf(b"1 w 0 0 m 792 612 10 600 780 10 c 5 5 m 99 500 700 20 792 0 c S\n" * 1_500_000)


def jpeg_header(width: int, height: int) -> bytes:
    """The start of a JPEG that claims a size and holds no pixels."""
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0" + frame + b"\xff\xd9"


def png_bomb(width: int, height: int) -> bytes:
    """A correct PNG of one grey level: small in bytes, large once decoded."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

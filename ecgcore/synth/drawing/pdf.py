"""A small PDF writer: vector pages, base fonts, one raster per page. The same input gives the same bytes.

The catalogue is written last, so that a file cut short is truly unreadable instead of half repaired by a viewer.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

_FONTS = {"F1": "Helvetica", "F2": "Helvetica-Bold"}
_ZLIB_LEVEL = 4
# a tenth of a px at 300 dpi: poppler counts a px whose edge is only touched, and would rescale the image
_RASTER_INSET_PT = 0.024


@dataclass(frozen=True)
class Raster:
    """An RGB image, 8 bits a channel, that fills a page."""

    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True)
class Page:
    """One page: its size in points and its content stream, or a raster that fills it."""

    width_pt: float
    height_pt: float
    content: bytes = b""
    raster: Raster | None = None


class _Objects:
    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def add(self, body: bytes) -> int:
        self.bodies.append(body)
        return len(self.bodies)

    def add_stream(self, dictionary: bytes, data: bytes) -> int:
        packed = zlib.compress(data, _ZLIB_LEVEL)
        head = b"<< %s /Length %d /Filter /FlateDecode >>\nstream\n" % (dictionary, len(packed))
        return self.add(head + packed + b"\nendstream")


def escape(text: str) -> bytes:
    """A PDF string literal, with parentheses; characters outside Latin-1 become ``?``."""
    raw = text.encode("latin-1", "replace")
    for special in (b"\\", b"(", b")"):
        raw = raw.replace(special, b"\\" + special)
    return b"(" + raw + b")"


def text_operator(text: str, x_pt: float, y_pt: float, size_pt: float, font: str = "F1") -> bytes:
    """Content-stream code that writes ``text`` with its baseline at (x, y) points from the bottom left."""
    return b"BT /%s %.3f Tf %.3f %.3f Td %s Tj ET\n" % (font.encode(), size_pt, x_pt, y_pt, escape(text))


def _add_fonts(objects: _Objects) -> bytes:
    entries = []
    for key, name in _FONTS.items():
        body = f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
        entries.append(f"/{key} {objects.add(body.encode())} 0 R")
    return " ".join(entries).encode()


def _add_raster(objects: _Objects, raster: Raster) -> int:
    dictionary = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8" % (
        raster.width,
        raster.height,
    )
    return objects.add_stream(dictionary, raster.rgb)


def _add_content(objects: _Objects, page: Page) -> tuple[int, bytes]:
    if page.raster is None:
        return objects.add_stream(b"", page.content), b""
    image = _add_raster(objects, page.raster)
    inset = _RASTER_INSET_PT
    size = (page.width_pt - 2 * inset, page.height_pt - 2 * inset)
    code = b"q %.4f 0 0 %.4f %.4f %.4f cm /Im0 Do Q" % (*size, inset, inset)
    return objects.add_stream(b"", code), b"/XObject << /Im0 %d 0 R >>" % image


def _page_body(page: Page, content: int, resources: bytes, parent: int) -> bytes:
    return b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.4f %.4f] /Contents %d 0 R /Resources << %s >> >>" % (
        parent,
        page.width_pt,
        page.height_pt,
        content,
        resources,
    )


def _assemble(bodies: list[bytes], root: int) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, root, start)
    return bytes(out)


def build_pdf(pages: list[Page]) -> bytes:
    """Return the bytes of a PDF 1.4 file with these pages."""
    objects = _Objects()
    contents = [_add_content(objects, page) for page in pages]
    fonts = b"/Font << %s >>" % _add_fonts(objects)
    parent = len(objects.bodies) + len(pages) + 1
    kids = [
        objects.add(_page_body(page, content, fonts + extra, parent))
        for page, (content, extra) in zip(pages, contents, strict=True)
    ]
    listing = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects.add(b"<< /Type /Pages /Kids [%s] /Count %d >>" % (listing, len(kids)))
    root = objects.add(b"<< /Type /Catalog /Pages %d 0 R >>" % parent)
    return _assemble(objects.bodies, root)


def write_pdf(pages: list[Page], path: Path) -> None:
    """Write a PDF file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(build_pdf(pages))

"""Adds to a PDF of the tests' own writer what readers and programs add: annotations, layers, further content."""

from __future__ import annotations

import re

_OBJECT = re.compile(rb"(\d+) 0 obj\s*<<(.*?)>>\s*endobj", re.DOTALL)


def amended(
    pdf: bytes, content: bytes = b"", annotations: tuple[bytes, ...] = (), objects: tuple[bytes, ...] = (),
    resources: bytes = b"", root: bytes = b"",
) -> bytes:  # fmt: skip
    """Return the PDF with an incremental update.

    Args:
        pdf: of one page, written by reportlab.
        content: drawn after the page's own, in its coordinate system; font /F1 is Helvetica.
        annotations: bodies of annotations.
        objects: bodies of further objects; ``@0``, ``@1``, ... stand for references to them everywhere here.
        resources, root: further entries of the page's resources and of the catalogue.
    """
    found = {int(m[1]): m[2] for m in _OBJECT.finditer(pdf)}
    page = next(n for n, body in found.items() if re.search(rb"/Type /Page\b", body))
    catalogue = next(n for n, body in found.items() if b"/Type /Catalog" in body)
    first = max(found) + 100
    written = {page: found[page], catalogue: found[catalogue] + root}
    if content:
        written[page] = re.sub(rb"/Contents (\d+ 0 R)", rb"/Contents [ \1 %d 0 R ]" % (first + 50), written[page])
    written[page] = written[page].replace(b"/Resources <<", b"/Resources << " + resources)
    written[page] += b"/Annots [ %s ]" % b" ".join(b"<< /Type /Annot %s >>" % body for body in annotations)
    bodies = {n: b"<< " + body + b" >>" for n, body in written.items()}
    bodies |= dict(enumerate(objects, first))
    if content:
        bodies[first + 50] = stream(content)
    for n in bodies:
        bodies[n] = re.sub(rb"@(\d)", lambda m: b"%d 0 R" % (first + int(m[1])), bodies[n])
    return _appended(pdf, bodies, catalogue)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def appearance(content: bytes, width: float, height: float, matrix: str = "1 0 0 1 0 0") -> bytes:
    """Return the body of a form that an annotation is drawn as; font /F1 is Helvetica."""
    font = b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    box = b"/Type /XObject /Subtype /Form /BBox [0 0 %g %g] /Matrix [%s] " % (width, height, matrix.encode())
    return stream(content, box + font)


def _appended(pdf: bytes, bodies: dict[int, bytes], catalogue: int) -> bytes:
    before = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    out, table = bytearray(pdf.rstrip() + b"\n"), b"xref\n"
    for n, body in sorted(bodies.items()):
        table += b"%d 1\n%010d 00000 n \n" % (n, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, body)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (max(bodies) + 1, catalogue, before)
    return bytes(out) + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)

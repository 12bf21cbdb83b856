"""A workbook saved as `Strict Open XML`: the same parts under other namespaces, which are translated in memory."""

from __future__ import annotations

import io
import re
import zipfile

_STRICT = b"http://purl.oclc.org/ooxml/"
_NAMESPACE = re.compile(rb"http://purl\.oclc\.org/ooxml/([A-Za-z]+)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
_XML = (".xml", ".rels")


def transitional(content: bytes, archive: zipfile.ZipFile) -> bytes:
    """Return a workbook under the namespaces that everyone reads; one that has them already as it is.

    Args:
        content: the workbook.
        archive: the same, opened; its unpacked size is bounded.
    """
    if not any(_STRICT in archive.read(part) for part in archive.namelist() if part.lower().endswith("workbook.xml")):
        return content
    translated = io.BytesIO()
    with zipfile.ZipFile(translated, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in archive.namelist():
            data = archive.read(part)
            copy.writestr(part, _NAMESPACE.sub(_TRANSITIONAL, data) if part.lower().endswith(_XML) else data)
    return translated.getvalue()

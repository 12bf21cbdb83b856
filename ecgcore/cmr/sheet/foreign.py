"""What a file in the place of a label table is, if it is none: a web page, an old workbook, one with a password, ..."""

from __future__ import annotations

import io
import zipfile

from ecgcore.errors import TableError

_SAVE_AS = "open it in a spreadsheet and save it as XLSX or as `CSV UTF-8`"
_OLE = bytes.fromhex("d0cf11e0")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DOCUMENT = "WordDocument".encode("utf-16-le")
_HTML = ("<!doctype html", "<html", "<head", "<meta", "<table", "<body", "<style", "<div", "<tr")
_BEGINNINGS = (
    (b"%PDF", "is a PDF, not a table", "enter its results in a label table"),
    (b"{\\rtf", "is a text document (RTF), not a table", _SAVE_AS),
    (b"\x1f\x8b", "is a compressed file (gzip), not a table", "unpack it and put the table itself into the inbox"),
    (b"7z\xbc\xaf", "is a compressed file (7z), not a table", "unpack it and put the table itself into the inbox"),
    (b"Rar!", "is a compressed file (RAR), not a table", "unpack it and put the table itself into the inbox"),
    (b"\x89PNG", "is a picture, not a table", "enter its results in a label table"),
    (b"\xff\xd8\xff", "is a picture, not a table", "enter its results in a label table"),
)
_PARTS = (
    ("xl/workbook.bin", "is a binary workbook (XLSB)"),
    ("word/", "is a text document (DOCX), not a table"),
    ("ppt/", "is a presentation (PPTX), not a table"),
    ("content.xml", "is an OpenDocument file (ODS)"),
    ("Index/", "is a Numbers document"),
)
_LOOKED_AT = 4096  # bytes in which a web page shows what it is


def check_sort(name: str, content: bytes) -> None:
    """Refuse a file that is neither a workbook (XLSX) nor text, whatever its name says.

    Raises:
        TableError: it is of another sort, which the message names.
    """
    if content.startswith(_OLE):
        raise _of_ole(name, content)
    for beginning, rule, hint in _BEGINNINGS:
        if content.startswith(beginning):
            raise TableError(name, rule, hint)
    if markup := _markup(content[:_LOOKED_AT]):
        raise TableError(name, markup, _SAVE_AS)
    if content.startswith(b"PK"):
        _check_parts(name, content)


def _of_ole(name: str, content: bytes) -> TableError:
    if _ENCRYPTED in content:
        return TableError(name, "is a workbook with a password", "save it as XLSX without a password, or as CSV")
    if _DOCUMENT in content:
        return TableError(name, "is an old text document (.doc), not a table", _SAVE_AS)
    hint = "save it as XLSX without a password, or as CSV"
    return TableError(name, "is an old .xls or another old Office file, not an XLSX", hint)


def _markup(beginning: bytes) -> str | None:
    utf16 = beginning.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = beginning.decode("utf-16" if utf16 else "latin-1", "ignore").removeprefix("ï»¿").lstrip().lower()
    if text.startswith(("mime-version:", "content-type: multipart")):
        return "is a web page (MHTML), not a workbook"
    if text.startswith(_HTML) or (text.startswith(("<?xml", "<!--")) and "<html" in text):
        return "is a web page (HTML), not a workbook"
    if text.startswith("<?xml"):
        return "is an XML file, not a workbook (XLSX)"
    return None


def _check_parts(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.namelist()
    except zipfile.BadZipFile:  # the reader of workbooks says so
        return
    if any(part.lower() == "xl/workbook.xml" for part in parts):
        return
    for beginning, rule in _PARTS:
        if any(part.startswith(beginning) for part in parts):
            raise TableError(name, rule, _SAVE_AS)

"""Files in the place of a table that are none: each is named, and what to do."""

from __future__ import annotations

import io
import zipfile

import pytest

from ecgcore.cmr.sheet.foreign import check_sort
from ecgcore.errors import TableError

OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)


def zipped(*parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for part in parts:
            archive.writestr(part, "<x/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<html><table><tr><td>hn</td></tr></table></html>", r"a web page \(HTML\)"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE HTML>", r"a web page \(HTML\)"),
        ("\ufeff<HTML>".encode("utf-16-le"), r"a web page \(HTML\)"),
        (b"<?xml version='1.0'?><html xmlns='x'>", r"a web page \(HTML\)"),
        (b"MIME-Version: 1.0\r\n", r"a web page \(MHTML\)"),
        (b"<?xml version='1.0'?><Workbook/>", "an XML file"),
        (b"%PDF-1.7", "a PDF"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a workbook with a password"),
        (OLE + "Workbook".encode("utf-16-le"), "an old .xls"),
        (zipped("content.xml", "mimetype"), "an OpenDocument file"),
        (zipped("word/document.xml"), "a text document"),
        (zipped("xl/workbook.bin"), "a binary workbook"),
    ],
)
def test_another_sort_of_file_is_named_with_the_next_step(content: bytes, rule: str) -> None:
    with pytest.raises(TableError, match=f"^t.xlsx: is {rule}.*Hint: "):
        check_sort("t.xlsx", content)


@pytest.mark.parametrize(
    "content", [b"", b"file_name,hn\n", b"<20,hn\n", zipped("xl/workbook.xml", "content.xml"), b"PK"]
)
def test_workbooks_and_text_pass(content: bytes) -> None:
    check_sort("t.xlsx", content)

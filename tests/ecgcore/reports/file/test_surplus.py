"""Bytes before and behind a file's content, and notes in a picture, that are right and of no meaning."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from ecgcore.reports.file.png_notes import without_long_notes
from ecgcore.reports.file.source import read_source
from ecgcore.reports.page.limits import DEFAULT_LIMITS
from ecgcore.reports.page.reason import RefusalError
from ecgcore.reports.report import read_report

SURPLUS = {
    "page of a gateway": (b"", b"<!-- served by gateway -->\n" * 60),
    "much of it": (b"", b"<p>served</p>\n" * 20_000),
    "zeros": (b"", bytes(5000)),
    "mail header": (b"X-Header: y\r\n" * 90, b""),
    "both": (b"X-Header: y\r\n" * 90, b"--boundary--\r\n" * 100),
}


@pytest.mark.parametrize("kind", SURPLUS)
def test_what_lies_around_a_pdf_is_left_out(old_pdf, old_report, written, kind):
    before, behind = SURPLUS[kind]
    report = read_report(written(before + old_pdf.read_bytes() + behind))
    np.testing.assert_array_equal(report.image, old_report.image)
    assert report.printed == old_report.printed


def test_an_update_that_is_cut_off_is_truncated(old_pdf, amend, written):
    whole = amend.amended(old_pdf.read_bytes(), content=b"0 0 m 9 9 l S")
    source = read_source(written(whole), DEFAULT_LIMITS)
    source.check_pdf_end()
    for cut in (whole[: whole.rindex(b"startxref")], whole[: whole.rindex(b"endobj")]):
        with pytest.raises(RefusalError, match="truncated"):
            read_source(written(cut), DEFAULT_LIMITS).check_pdf_end()


def noted(**chunks: int) -> bytes:
    """A small PNG with notes of so many bytes."""
    info = PngImagePlugin.PngInfo()
    if "text" in chunks:
        info.add_text("Comment", "y" * chunks["text"])
    if "packed" in chunks:
        info.add_text("Comment", "y" * chunks["packed"], zip=True)
    if "xmp" in chunks:
        info.add_itxt("XML:com.adobe.xmp", " " * chunks["xmp"], zip=True)
    out = io.BytesIO()
    image = Image.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3))
    profile = {"icc_profile": bytes(chunks["profile"])} if "profile" in chunks else {}
    image.save(out, "PNG", pnginfo=info, **profile)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["text", "packed", "xmp", "profile"])
def test_a_long_note_does_not_keep_a_picture_from_being_read(kind):
    with Image.open(io.BytesIO(without_long_notes(noted(**{kind: 1_100_000})))) as image:
        np.testing.assert_array_equal(np.array(image), np.arange(60).reshape(4, 5, 3))


def test_a_picture_with_usual_notes_or_a_cut_off_one_stays_as_it_is():
    for data in (noted(text=900, packed=900_000, xmp=5, profile=500), noted(xmp=1_100_000)[:40], b"\xff\xd8\xff", b""):
        assert without_long_notes(data) == data

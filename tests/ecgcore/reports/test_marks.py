"""What readers lay on a page never reaches the image that a model sees, and it is said."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.reports.page.reason import Caution, RefusalError
from ecgcore.reports.report import read_report

NOTE = b"BT /F1 14 Tf 0 g 4 6 Td (OLD INFERIOR MI - SCAR) Tj ET"
SCRIBBLE = b"0 0 0 RG 2.5 w 5 5 m 40 130 l 80 10 l 130 120 l S"
RECT = b"/Rect [300 300 440 440] /F 4 /C [1 0 0] "
MARKS = {
    "note": (RECT + b"/Subtype /FreeText /Contents (OLD MI) /DA (/Helv 14 Tf) /AP << /N @0 >>", NOTE),
    "ink": (RECT + b"/Subtype /Ink /InkList [[305 305 340 430 380 310]] /AP << /N @0 >>", SCRIBBLE),
    "stamp": (RECT + b"/Subtype /Stamp /AP << /N @0 >>", NOTE),
    "note without appearance": (RECT + b"/Subtype /FreeText /Contents (OLD MI) /DA (/Helv 14 Tf 0 g)", b""),
    "ink without appearance": (RECT + b"/Subtype /Ink /InkList [[305 305 340 430 380 310]]", b""),
    "highlight": (RECT + b"/Subtype /Highlight /QuadPoints [300 440 440 440 300 300 440 300]", b""),
    "square": (RECT + b"/Subtype /Square", b""),
    "circle": (RECT + b"/Subtype /Circle", b""),
    "line": (RECT + b"/Subtype /Line /L [300 300 440 440]", b""),
    "polygon": (RECT + b"/Subtype /Polygon /Vertices [300 300 440 440 300 440]", b""),
}


@pytest.mark.parametrize("fmt", ["old", "new"])
@pytest.mark.parametrize("kind", [m if m in ("note", "ink without appearance") else pytest.param(m, marks=pytest.mark.slow) for m in MARKS])  # fmt: skip  # noqa: E501
def test_the_image_is_that_of_the_page_without_the_mark(paper, amend, written, fmt, kind):
    plain = {"old": paper.old_pdf, "new": paper.new_pdf}[fmt]()
    body, content = MARKS[kind]
    marked = amend.amended(plain, annotations=(body,), objects=(amend.appearance(content, 140, 140),))
    report, bare = read_report(written(marked)), read_report(written(plain, "bare.pdf"))
    np.testing.assert_array_equal(report.image, bare.image)
    assert report.cautions == (*bare.cautions, Caution.MARKS_LEFT_OUT)
    assert report.printed == bare.printed


def test_what_a_field_says_counts(paper, amend, written):
    form = amend.appearance(b"BT /F1 10 Tf 0 g 2 5 Td (50 mm/s) Tj ET", 170, 20)
    field = b"/Subtype /Widget /FT /Tx /T (speed) /V (50 mm/s) /F 4 /Rect [30 480 200 500] /AP << /N @0 >>"
    pdf = amend.amended(paper.old_pdf(), annotations=(field,), objects=(form,), root=b"/AcroForm << /Fields [] >> ")
    with pytest.raises(RefusalError, match="50 mm/s"):
        read_report(written(pdf))


def test_a_page_whose_ecg_is_itself_a_mark_is_refused_for_it(paper, amend, written, hostile):
    plain = paper.page_of(lambda pen: pen.text(300, 300, "HN: 12-345678", 36))
    pdf = amend.amended(plain, annotations=(MARKS["stamp"][0],), objects=(amend.appearance(SCRIBBLE, 140, 140),))
    with pytest.raises(RefusalError, match=r"without what readers laid on it \(1\)"):
        read_report(written(pdf))

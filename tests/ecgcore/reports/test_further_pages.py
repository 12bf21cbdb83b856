"""A PDF is one report: every page counts."""

from __future__ import annotations

import pytest

from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.report import read_report


def several(paper, *kinds: str) -> bytes:
    """A PDF of pages with an ECG, a letter, nothing, or white paint."""
    pen = paper.Pen(paper.Style())
    for kind in kinds:
        if kind == "ecg":
            paper.draw_old(pen, paper.beats())
        elif kind == "letter":
            paper.draw_prose(pen)
        elif kind == "white":
            pen.canvas.setFillColorRGB(1, 1, 1)
            pen.canvas.rect(0, 0, 792, 612, fill=1, stroke=0)
        pen.canvas.showPage()
    pen.canvas.save()
    return pen.out.getvalue()


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (("ecg", "ecg", "ecg"), "3 pages: an ECG on page 1, 2, 3"),
        (("letter", "ecg"), "2 pages: no ECG on page 1, an ECG on page 2"),
        (("blank", "ecg"), "2 pages: nothing on page 1, an ECG on page 2"),
        (("ecg", "blank", "ecg"), "3 pages: an ECG on page 1, 3, nothing on page 2"),
    ],
)
def test_several_pages_are_refused_with_what_each_shows(paper, written, kinds, said):
    with pytest.raises(RefusalError) as refused:
        read_report(written(several(paper, *kinds)))
    assert (refused.value.reason, refused.value.value) == (Reason.SEVERAL_PAGES, said)


def test_a_letter_behind_the_ecg_is_left_out_and_said(paper, written):
    report = read_report(written(several(paper, "ecg", "letter", "blank")))
    alone = read_report(written(several(paper, "ecg"), "alone.pdf"))
    assert (report.image == alone.image).all()
    assert report.cautions == (Caution.FURTHER_PAGES,)


def test_blank_pages_behind_the_ecg_are_none(paper, written):
    report = read_report(written(several(paper, "ecg", "blank", "white")))
    alone = read_report(written(several(paper, "ecg"), "alone.pdf"))
    assert (report.image == alone.image).all()
    assert report.cautions == alone.cautions == ()

"""A page of a PDF that holds several reports is read as the file is that holds it alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from ecgcore.pseudonym import Pseudonymiser
from ecgcore.reports.batch.report_batch import read_reports
from ecgcore.reports.batch.report_file import ReportFile
from ecgcore.reports.file.image_store import load_image
from ecgcore.reports.file.render import render_page
from ecgcore.reports.file.source import read_source
from ecgcore.reports.page.limits import DEFAULT_LIMITS
from ecgcore.reports.page.pdf_page import page_sha256
from ecgcore.reports.page.reason import Caution, Reason

KEY = Pseudonymiser(b"a test key, not a secret")
NOTE = b"/Rect [300 300 440 440] /F 4 /Subtype /FreeText /Contents (OLD MI) /DA (/Helv 14 Tf) /AP << /N @0 >>"


@pytest.fixture(scope="module")
def alone(paper, amend, tmp_path_factory) -> list[Path]:
    """Reports that differ in all that a page may lose when it is taken out of its file, and a letter and a blank."""
    words = amend.appearance(b"BT /F1 14 Tf 0 g 4 6 Td (OLD MI) Tj ET", 140, 140)
    pages = {
        "plain": paper.old_pdf(header=("HN: 12-345678", "12-Mar-2018 10:11")),
        "turned": paper.new_pdf(header=("HN: 65-432100", "25-Apr-2019 10:11"), rotate=90),
        "marked": amend.amended(paper.old_pdf(header=("HN: 11-111111",)), annotations=(NOTE,), objects=(words,)),
        "inherited": paper.with_media_box_inherited(paper.old_pdf(header=("HN: 22-222222",))),
        "letter": paper.page_of(paper.draw_prose),
        "blank": paper.page_of(lambda pen: None),
    }
    folder = tmp_path_factory.mktemp("alone")
    for name, content in pages.items():
        (folder / f"{name}.pdf").write_bytes(content)
    return [folder / f"{name}.pdf" for name in pages]


@pytest.fixture(scope="module")
def batch(alone, tmp_path_factory) -> Path:
    joined = tmp_path_factory.mktemp("joined") / "batch.pdf"
    subprocess.run(["pdfunite", *alone, joined], check=True)
    return joined


def test_every_page_says_and_shows_what_it_does_alone(alone, batch, tmp_path):
    singles = list(read_reports(alone, tmp_path / "alone", KEY, workers=1))
    files = [ReportFile(batch, number) for number in range(1, len(alone) + 1)]
    pages = list(read_reports(files, tmp_path / "pages", KEY, workers=1))

    whole = read_source(batch, DEFAULT_LIMITS).sha256
    assert [page.sha256 for page in pages] == [page_sha256(whole, number) for number in range(1, 7)]
    assert [page.reason for page in pages] == [None] * 4 + [Reason.UNKNOWN_FORMAT, Reason.BLANK_PAGE]
    for page, single in zip(pages, singles, strict=True):
        said = ("ok", "reason", "value", "hint", "ecg_format", "image_sha256", "patient_id", "ecg_date", "details")
        assert {name: getattr(page, name) for name in said} == {name: getattr(single, name) for name in said}
        assert page.cautions == single.cautions
    assert [Caution.MARKS_LEFT_OUT in page.cautions for page in pages] == [False, False, True, False, False, False]
    assert len({page.patient_id for page in pages[:4]}) == 4
    shown = load_image(tmp_path / "pages" / str(pages[1].image_path))
    np.testing.assert_array_equal(shown, load_image(tmp_path / "alone" / str(singles[1].image_path)))


def test_the_pixels_of_a_page_are_those_that_it_has_alone(alone, batch):
    whole = read_source(batch, DEFAULT_LIMITS)
    for number, path in enumerate(alone, 1):
        single = render_page(read_source(path, DEFAULT_LIMITS), DEFAULT_LIMITS)
        np.testing.assert_array_equal(render_page(whole, DEFAULT_LIMITS, number), single)


def test_the_file_as_a_whole_is_refused_and_says_how_many_pages_may_be_read(batch, tmp_path):
    (result,) = read_reports([batch], tmp_path, KEY, workers=1)
    assert (result.reason, result.pages) == (Reason.SEVERAL_PAGES, 6)
    assert result.value == "6 pages: an ECG on page 1, 2, 3, 4, no ECG on page 5, nothing on page 6"


def test_a_portrait_letter_before_an_ecg_hides_none(paper, alone, written, tmp_path):
    landscape, upright = b"/MediaBox [ 0 0 792 612 ]", b"/MediaBox [ 0 0 612 792 ]"
    portrait = written(paper.page_of(paper.draw_prose).replace(landscape, upright), "portrait.pdf")
    joined = tmp_path / "joined.pdf"
    subprocess.run(["pdfunite", portrait, alone[0], joined], check=True)
    files = [portrait, joined, ReportFile(joined, 1), ReportFile(joined, 2)]
    single, whole, letter, ecg = read_reports(files, tmp_path / "images", KEY, workers=1)
    assert (whole.value, whole.pages) == ("2 pages: no ECG on page 1, an ECG on page 2", 2)
    assert (letter.reason, letter.value) == (single.reason, single.value)
    assert (letter.reason, ecg.ok) == (Reason.WRONG_GEOMETRY, True)


def test_letters_alone_are_no_reports_to_read_page_by_page(alone, tmp_path):
    letters = tmp_path / "letters.pdf"
    subprocess.run(["pdfunite", alone[4], alone[4], letters], check=True)
    (result,) = read_reports([letters], tmp_path / "images", KEY, workers=1)
    assert (result.reason, result.pages) == (Reason.SEVERAL_PAGES, 0)


def test_a_page_that_is_not_there_is_refused(batch, tmp_path):
    (result,) = read_reports([ReportFile(batch, 7)], tmp_path, KEY, workers=1)
    assert (result.ok, result.reason) == (False, Reason.UNREADABLE)

"""A page that went through a scanner or "print to PDF": a JPEG that fills the page of a PDF."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.report import read_report

QUALITIES = [95, pytest.param(85, marks=pytest.mark.slow), 75]
THIN = ((250, 200, 168), (216, 111, 98), (216, 111, 98))  # without the dark lines


def jpeg(page: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    page.save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()


def by_pillow(page: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    page.save(out, "PDF", quality=quality, resolution=300)
    return out.getvalue()


def by_reportlab(page: Image.Image, quality: int) -> bytes:
    """The JPEG's own bytes as DCTDecode, as img2pdf and scanners do."""
    out = io.BytesIO()
    size = (page.width * 0.24, page.height * 0.24)
    canvas = Canvas(out, pagesize=size)
    canvas.drawImage(ImageReader(io.BytesIO(jpeg(page, quality))), 0, 0, *size)
    canvas.save()
    return out.getvalue()


@pytest.fixture(scope="module")
def pages(paper, reference, tmp_path_factory):
    """The page as Poppler shows it, with dark grid lines and without."""
    folder = tmp_path_factory.mktemp("pages")

    def rendered(name: str, **style) -> Image.Image:
        path = folder / f"{name}.pdf"
        path.write_bytes(paper.new_pdf(**style))
        return reference.rendered(path)

    return {"dark lines": rendered("dark"), "no dark lines": rendered("thin", grid_colours=THIN)}


def same_trace(image: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether nearly all dark pixels of each are within a pixel of a dark one of the other."""
    here, there = (np.asarray(Image.fromarray(each).convert("L")) < 128 for each in (image, other))
    return all((a & near(b)).sum() > 0.98 * a.sum() for a, b in ((here, there), (there, here)))


def near(mask: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(mask).convert("L").filter(ImageFilter.MaxFilter(3))) > 0


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("grid", ["dark lines", "no dark lines"])
@pytest.mark.parametrize("writer", [by_pillow, pytest.param(by_reportlab, marks=pytest.mark.slow)])
def test_a_jpeg_in_a_pdf_is_read_like_the_jpeg(pages, written, writer, grid, quality):
    report = read_report(written(writer(pages[grid], quality)))
    assert report.format.name == "new"
    assert report.cautions == (Caution.GRID_BY_COLOUR,)
    plain = read_report(written(jpeg(pages[grid], quality), "page.jpg"))
    assert plain.cautions == (Caution.GRID_BY_COLOUR,)
    assert same_trace(report.image, plain.image)
    chroma = report.image.max(axis=2).astype(int) - report.image.min(axis=2)
    assert chroma.max() < 24  # the lossy rule's own limit: nothing that has a colour is left
    assert np.mean(np.all(report.image == 255, axis=2)) > 0.9


def test_the_trace_of_a_jpeg_in_a_pdf_is_that_of_the_page(pages, written):
    report = read_report(written(by_pillow(pages["dark lines"], 75)))
    out = io.BytesIO()
    pages["dark lines"].save(out, "PNG", compress_level=1)
    exact = read_report(written(out.getvalue(), "page.png"))
    assert exact.cautions == ()
    assert same_trace(report.image, exact.image)


def test_a_jpeg_saved_as_png_is_read_like_the_jpeg(pages, written):
    plain = read_report(written(jpeg(pages["dark lines"], 75), "page.jpg"))
    out = io.BytesIO()
    Image.open(io.BytesIO(jpeg(pages["dark lines"], 75))).save(out, "PNG", compress_level=1)
    np.testing.assert_array_equal(read_report(written(out.getvalue(), "page.png")).image, plain.image)


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_scan_without_a_trace_is_refused_for_it(paper, reference, written, quality):
    page = reference.rendered(written(paper.new_pdf(skip=("aVR", "V3"))))
    for data, name in ((by_pillow(page, quality), "scan.pdf"), (jpeg(page, quality), "scan.jpg")):
        with pytest.raises(RefusalError) as refused:
            read_report(written(data, name))
        assert (refused.value.reason, refused.value.value) == (Reason.EMPTY_LEAD, "aVR, V3")


def test_a_wandering_trace_of_a_scan_is_there_but_said(paper, reference, written):
    signals = paper.beats()
    moved = {**signals, "V2": signals["V2"] - 250 / 118.1}  # most of a row down
    page = reference.rendered(written(paper.new_pdf(signals=moved)))
    report = read_report(written(by_pillow(page, 85), "scan.pdf"))
    assert set(report.cautions) == {Caution.GRID_BY_COLOUR, Caution.TRACE_LEAVES_BOX}


def test_a_scan_that_lost_too_much_is_never_taken_as_clean(pages, written):
    for grid in pages:
        try:
            assert Caution.GRID_LEFT in read_report(written(by_pillow(pages[grid], 10))).cautions
        except RefusalError as refused:
            assert refused.reason == Reason.UNKNOWN_FORMAT


def test_a_scan_of_a_page_without_grid_needs_no_caution(paper, reference, written):
    page = reference.rendered(written(paper.old_pdf()))
    report = read_report(written(by_pillow(page, 75), "scan.pdf"))
    assert (report.format.name, report.cautions) == ("old", ())

import numpy as np
import pytest
from PIL import Image

from ecgcore.reports.page.reason import RefusalError
from ecgcore.reports.signals.choice import Choice
from ecgcore.reports.signals.extract import extract
from ecgcore.reports.signals.lead_signals import SignalSource
from ecgcore.reports.signals.trace import signals_from_image


@pytest.fixture(scope="module")
def study(drawn):
    return drawn.drawn(0, "old", "letter")


def test_a_pdf_with_paths_is_read_from_them(study, drawn, written):
    signals = extract(written(study.pdf))
    assert signals.source is SignalSource.VECTOR
    assert drawn.errors(signals.millivolts, study.record.signals)[1].max() < 0.005


def test_pixels_on_request_are_those_of_the_canonical_image(study, written):
    signals = extract(written(study.pdf), Choice.PIXELS)
    np.testing.assert_array_equal(signals.millivolts, signals_from_image(study.image).millivolts)


def test_a_picture_is_read_from_its_pixels(study, tmp_path):
    path = tmp_path / "seen.png"
    Image.fromarray(study.image).save(path)
    assert extract(path).source is SignalSource.PIXELS
    with pytest.raises(RefusalError, match=r"no-vector-trace.*--source pixels"):
        extract(path, Choice.VECTOR)


def scan(study) -> bytes:
    """The page as one picture in a PDF."""
    from datetime import datetime

    from ecgcore.synth.drawing.draw import report_page
    from ecgcore.synth.drawing.page_header import Header
    from ecgcore.synth.drawing.pdf import Page, build_pdf
    from ecgcore.synth.page_file import scanned

    page = report_page(study.record.signals, 500, "old", "letter", Header("", "", datetime(2016, 1, 1)))
    assert isinstance(page, Page)
    return build_pdf([scanned(page)])


def test_a_scan_falls_back_to_its_pixels(study, drawn, written):
    pdf = written(scan(study))
    signals = extract(pdf)
    assert signals.source is SignalSource.PIXELS
    assert drawn.errors(signals.millivolts, study.record.signals)[1].max() < 0.05
    with pytest.raises(RefusalError) as error:
        extract(pdf, Choice.VECTOR)
    assert error.value.value.startswith("I, II, III")


@pytest.mark.slow
def test_paths_that_are_not_what_the_page_shows_are_not_trusted(paper, written):
    """White paper over the drawing, and another ECG on it: the hidden one has fewer gaps, the seen one is true."""
    shown, hidden = paper.beats(seed=3), paper.beats(seed=4)

    def paint(pen):
        pen.canvas.setStrokeColorRGB(0, 0, 0)
        paper.draw_old(pen, hidden)
        pen.canvas.setFillColorRGB(1, 1, 1)
        pen.canvas.rect(0, 0, 792, 612, stroke=0, fill=1)
        pen.canvas.setFillColorRGB(0, 0, 0)
        pen.canvas.setStrokeColorRGB(0.41, 0.41, 0.41)  # too light to be taken for a dark path
        paper.draw_header(pen)
        for i, lead in enumerate(paper.LEADS):
            left, top = 176 + 1472 * (i // 6), 258 + paper.OLD_LABEL_Y[i % 6]
            pen.text(left + 9, top + 13, lead, 36)
            pen.line(*paper.trace(shown[lead], left, top + 90, 4.98), 4)

    signals = extract(written(paper.page_of(paint)))
    assert signals.source is SignalSource.PIXELS
    true = shown["V3"][:2200]
    found = signals.millivolts[8, 2500 : 2500 + 2200]
    assert np.corrcoef(found[20:], true[20:])[0, 1] > 0.98

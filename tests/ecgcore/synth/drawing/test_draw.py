import re
import shutil
import subprocess
import zlib
from dataclasses import replace

import numpy as np
import pytest

from ecgcore.errors import ReportError
from ecgcore.synth.drawing.draw import draw_report
from ecgcore.synth.drawing.layout import PX_PER_MV, PX_PER_S, EcgFormat, Paper, places, rhythm_place
from ecgcore.synth.heart.lead import LEADS

# the two papers at 300 dpi, and the boxes of the two formats on them: left, top, right, bottom
SIZE = {"letter": (2550, 3300), "a4": (2480, 3508)}
GRID = np.array([(216, 111, 98), (250, 200, 168), (168, 0, 0)])
OLD_IMAGE_BOX = (180, 280, 3000, 1600)
NEW_BOX = (82, 950, 3000, 2000)

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is not installed")


def render(path) -> np.ndarray:
    command = ["pdftoppm", "-r", "300", "-singlefile", str(path)]
    magic, size, _, pixels = subprocess.run(command, check=True, capture_output=True).stdout.split(b"\n", 3)
    assert magic == b"P6"
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def dilate(mask: np.ndarray, by: int) -> np.ndarray:
    from scipy.ndimage import binary_dilation

    return binary_dilation(mask, iterations=by)


def test_calibration_is_25_mm_a_second_and_10_mm_a_millivolt():
    assert pytest.approx(295.3, abs=0.03) == PX_PER_S
    assert pytest.approx(118.1, abs=0.02) == PX_PER_MV


def test_leads_stand_as_the_formats_order_them():
    old = {p.lead: p for p in places(EcgFormat.OLD)}
    new = {p.lead: p for p in places(EcgFormat.NEW)}
    assert tuple(old) == tuple(new) == LEADS
    assert [old[lead].column.left - 176 for lead in ("I", "aVF", "V1", "V6")] == [0, 0, 1472, 1472]
    assert [new[lead].column.left - 82 for lead in ("I", "aVR", "V1", "V4")] == [0, 740, 1478, 2217]
    assert np.diff([old[lead].baseline for lead in LEADS[:6]]).tolist() == [220] * 5
    assert np.diff([new[lead].baseline for lead in LEADS[:3]]).tolist() == [350] * 2
    assert rhythm_place().baseline > NEW_BOX[3]


def test_same_drawing_is_same_bytes(tmp_path, record, header):
    for name in ("a", "b"):
        draw_report(record.signals, record.fs, "new", "a4", header, tmp_path / f"{name}.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_vector_path_holds_the_signal_to_a_microvolt(tmp_path, record, header):
    draw_report(record.signals, record.fs, "old", "letter", header, tmp_path / "a.pdf")
    streams = re.findall(rb"stream\n(.*?)\nendstream", (tmp_path / "a.pdf").read_bytes(), re.DOTALL)
    paths = [
        p for p in re.findall(rb"\n(\d+ \d+ m\n.*?)S\n", zlib.decompress(streams[0]), re.DOTALL) if p.count(b"l") > 9
    ]
    assert len(paths) == 12
    for lead, (path, place) in enumerate(zip(paths, places(EcgFormat.OLD), strict=True)):
        points = np.array([line.split()[:2] for line in path.splitlines()], dtype=float) / 100
        first = round(place.start_s * 500)
        millivolt = (place.baseline - points[:, 1]) / (300 / 2.54)
        assert np.abs(millivolt - record.signals[lead, first : first + len(points)]).max() < 0.001
        assert points[-1, 0] - points[0, 0] == pytest.approx(5 * 25 * 300 / 25.4, abs=0.02)


def test_printed_text_can_be_read(tmp_path, record, header):
    import pypdfium2

    for fmt in ("old", "new"):
        draw_report(record.signals, record.fs, fmt, "letter", header, tmp_path / f"{fmt}.pdf")
        page = pypdfium2.PdfDocument(tmp_path / f"{fmt}.pdf")[0]
        text = page.get_textpage().get_text_range()
        for part in ("HN 12345678", "Date 2015-03-04", "Brato Kelimun", "25 mm/s", "10 mm/mV", "aVF", "V6"):
            assert part in text


def test_empty_identity_prints_nothing(tmp_path, record, header):
    import pypdfium2

    nameless = replace(header, name="", hn="", age=None, female=None, rate=None)
    draw_report(record.signals, record.fs, "new", "letter", nameless, tmp_path / "a.pdf")
    text = pypdfium2.PdfDocument(tmp_path / "a.pdf")[0].get_textpage().get_text_range()
    assert "HN" not in text
    assert "None" not in text


@pytest.mark.parametrize("shape", [(8, 5001), (12, 4999), (12,)])
def test_a_record_of_another_shape_is_refused(tmp_path, header, shape):
    with pytest.raises(ReportError, match="12 leads of at least 10 s"):
        draw_report(np.zeros(shape), 500, "old", "letter", header, tmp_path / "a.pdf")


def test_gaps_in_a_record_are_refused(tmp_path, header):
    with pytest.raises(ReportError, match="finite"):
        draw_report(np.full((12, 5000), np.nan), 500, "old", "letter", header, tmp_path / "a.pdf")


@needs_poppler
@pytest.mark.slow
@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("fmt", list(EcgFormat))
def test_page_has_the_size_of_the_paper(tmp_path, record, header, fmt, paper):
    draw_report(record.signals, record.fs, fmt, paper, header, tmp_path / "a.pdf")
    assert render(tmp_path / "a.pdf").shape[:2] == SIZE[paper]


@needs_poppler
@pytest.mark.slow
@pytest.mark.parametrize("paper", list(Paper))
def test_grid_keeps_its_exact_colours(tmp_path, record, header, paper):
    draw_report(record.signals, record.fs, "new", paper, header, tmp_path / "a.pdf")
    page = render(tmp_path / "a.pdf").astype(int)
    left, top, right, bottom = NEW_BOX
    known = [np.abs(page - colour).max(axis=2) <= 3 for colour in [*GRID, (255, 255, 255)]]
    odd = ~np.any(known, axis=0) & ~dilate(page.sum(axis=2) < 200, 4)
    assert not odd[top:bottom, left:right].any()
    shares = [mask[top:bottom, left:right].mean() for mask in known[:3]]
    assert min(shares) > 0.0003
    assert sum(shares[:2]) > 0.1


@needs_poppler
@pytest.mark.slow
def test_old_format_has_no_colour(tmp_path, record, header):
    draw_report(record.signals, record.fs, "old", "a4", header, tmp_path / "a.pdf")
    page = render(tmp_path / "a.pdf").astype(int)
    assert np.ptp(page, axis=2).max() <= 3


@needs_poppler
@pytest.mark.slow
@pytest.mark.parametrize("fmt", list(EcgFormat))
def test_labels_lie_inside_their_rectangles(tmp_path, header, fmt):
    """With a trace far outside the page, ink near a label is the label."""
    away = np.full((12, 5001), -50.0)
    draw_report(away, 500, fmt, "letter", header, tmp_path / "a.pdf")
    ink = render(tmp_path / "a.pdf").astype(int).max(axis=2) < 80
    for place in places(fmt):
        box = place.label
        around = np.argwhere(ink[int(box.top) - 15 : int(box.bottom) + 15, int(box.left) - 5 : int(box.right) + 30])
        assert len(around) > 20, place.lead
        assert around.min(axis=0).tolist() >= [14, 4], place.lead
        height, width = box.bottom - box.top, box.right - box.left
        assert around[:, 0].min() >= 14
        assert around[:, 1].min() >= 4
        assert around[:, 0].max() <= 15 + height
        assert around[:, 1].max() <= 5 + width


@needs_poppler
@pytest.mark.slow
@pytest.mark.parametrize("fmt", list(EcgFormat))
def test_pixels_map_back_to_the_signal(tmp_path, record, header, fmt):
    """One lead drawn at a time: the middle of its ink in each pixel column is the signal, in mV."""
    for index in (1, 4, 7, 11):
        lone = np.full((12, 5001), -50.0)
        lone[index] = record.signals[index]
        draw_report(lone, 500, fmt, "letter", header, tmp_path / "a.pdf")
        page = render(tmp_path / "a.pdf").astype(int)
        place = places(fmt)[index]
        ink = page.max(axis=2) <= 60
        for box in (other.label for other in places(fmt)):
            ink[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = False
        end = min(place.column.left + place.seconds * 25 * 300 / 25.4, place.column.right)
        x = np.arange(int(place.column.left) + 3, int(end) - 3)
        top, bottom = int(place.baseline) - 300, int(place.baseline) + 200
        rows = [np.flatnonzero(ink[top:bottom, column]) + top for column in x]
        assert all(len(r) for r in rows)
        middle = np.array([(r.min() + r.max() + 1) / 2 for r in rows])
        seconds = place.start_s + (x + 0.5 - place.column.left) / (25 * 300 / 25.4)
        truth = np.interp(seconds, np.arange(5001) / 500, record.signals[index])
        error = (place.baseline - middle) / (300 / 2.54) - truth
        assert np.sqrt(np.mean(error**2)) < 0.05
        assert np.corrcoef(truth, truth + error)[0, 1] > 0.98


@needs_poppler
@pytest.mark.slow
def test_neighbouring_columns_do_not_overlap(tmp_path, header):
    """A lead that swings widely leaves no ink in the column of its neighbour."""
    lone = np.full((12, 5001), -50.0)
    lone[0] = np.sin(np.arange(5001) / 3)
    draw_report(lone, 500, "new", "letter", header, tmp_path / "a.pdf")
    ink = render(tmp_path / "a.pdf").astype(int).max(axis=2) < 80
    first_row = ink[950 + 90 : 950 + 340]
    assert first_row[:, 82 : 82 + 738].any()
    assert not first_row[:, 82 + 741 : 3000].any()

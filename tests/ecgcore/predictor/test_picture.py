from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ecgcore.errors import PredictorError, ReportError
from ecgcore.predictor import picture
from ecgcore.predictor.picture import load_picture, open_picture
from ecgcore.reports.page.reason import Caution


@pytest.fixture
def ecg() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def test_rgb_is_used_as_it_is(ecg, tmp_path: Path):
    Image.fromarray(ecg).save(tmp_path / "ecg.png")
    for source in (ecg, Image.fromarray(ecg), tmp_path / "ecg.png", str(tmp_path / "ecg.png")):
        np.testing.assert_array_equal(load_picture(source), ecg)


def test_a_jpeg_is_decoded(ecg, tmp_path: Path):
    Image.fromarray(ecg).save(tmp_path / "ecg.JPG", format="JPEG")
    expected = np.asarray(Image.open(tmp_path / "ecg.JPG"))
    np.testing.assert_array_equal(load_picture(tmp_path / "ecg.JPG"), expected)


def test_grey_and_bilevel_become_rgb(ecg):
    grey = Image.fromarray(ecg[..., 0])
    np.testing.assert_array_equal(load_picture(grey), np.repeat(ecg[..., :1], 3, axis=2))
    assert set(np.unique(load_picture(grey.convert("1")))) <= {0, 255}


def test_transparency_is_laid_on_white_because_its_hidden_colour_is_often_black(ecg):
    alpha = np.full((30, 40, 1), 255, np.uint8)
    alpha[:15] = 0
    rgba = np.concatenate([ecg, alpha], axis=2)
    rgba[:15, :, :3] = 0
    seen = load_picture(Image.fromarray(rgba, "RGBA"))
    assert (seen[:15] == 255).all()
    np.testing.assert_array_equal(seen[15:], ecg[15:])


def test_a_transparent_palette_colour_is_laid_on_white(tmp_path: Path):
    image = Image.new("P", (4, 3), 0)
    image.putpalette([0, 0, 0, 9, 9, 9])
    image.save(tmp_path / "p.png", transparency=0)
    assert (load_picture(tmp_path / "p.png") == 255).all()


def test_a_sideways_jpeg_is_turned_upright(tmp_path: Path):
    image = Image.new("RGB", (60, 20), "white")
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert load_picture(tmp_path / "turned.jpg").shape == (60, 20, 3)


def test_a_box_on_its_side_is_read_as_the_box_that_it_is(reports, tmp_path: Path):
    image = Image.new("RGB", (105, 292), "white")
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    with pytest.raises(ReportError):
        load_picture(tmp_path / "turned.jpg")
    assert reports == [tmp_path / "turned.jpg"]


@pytest.mark.parametrize("size", [(403, 302), (192, 108), (105, 292), (400, 600), (282, 132), (140, 210), (2821, 1320)])
def test_what_has_the_size_of_neither_page_nor_canonical_image_is_no_report(size, reports, tmp_path: Path):
    """(400, 600) is a camera's 2:3, within 1 % of the new canonical image's shape."""
    Image.new("RGB", size).save(tmp_path / "x.png", compress_level=1)
    seen = open_picture(tmp_path / "x.png")
    assert (seen.pixels.shape[1::-1], seen.is_report, seen.cautions) == (size, False, ())
    assert reports == []


@pytest.mark.parametrize("size", [(330, 255), (292, 105), (2820, 1320), (1402, 2100)])
def test_what_has_the_size_of_a_page_or_canonical_image_is_read_as_a_report(size, reports, tmp_path: Path):
    Image.new("RGB", size).save(tmp_path / "blank.png", compress_level=1)
    with pytest.raises(ReportError) as caught:
        open_picture(tmp_path / "blank.png")
    assert caught.value.reason == "blank-page"
    assert reports == [tmp_path / "blank.png"]


def test_a_canonical_size_alone_makes_no_report(reports, tmp_path: Path, caplog):
    """The deployed predictor takes any image."""
    pixels = np.random.default_rng(3).integers(0, 256, (1320, 2820), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.png", compress_level=1)
    seen = open_picture(tmp_path / "noise.png")
    assert reports == [tmp_path / "noise.png"] and not seen.is_report
    np.testing.assert_array_equal(load_picture(tmp_path / "noise.png"), np.repeat(pixels[..., None], 3, axis=2))
    assert "shows no known format" in caplog.text


@pytest.mark.parametrize(
    ("width", "height"),
    [(400, 300), (2820, 1320), (1402, 2100), (384, 384), (640, 480), (282, 132), (140, 210)],
)
def test_canonical_and_other_shapes_are_no_pages(width, height):
    assert not picture._is_page(width, height)


@pytest.mark.parametrize(
    ("width", "height"),
    [(3300, 2550), (3508, 2480), (2550, 3300), (2480, 3508), (792, 612), (842, 595), (2918, 1050), (1650, 1275)],
)
def test_letter_a4_and_the_uncropped_box_are_pages(width, height):
    assert picture._is_page(width, height)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Records what is handed to the report reader; the page itself is tested with the reader."""
    handed: list[Path] = []

    def read_report(path: Path) -> SimpleNamespace:
        handed.append(path)
        if path.suffix == ".pdf":
            return SimpleNamespace(image=np.zeros((1320, 2820, 3), np.uint8), cautions=(Caution.TRACE_LEAVES_BOX,))
        reason = "blank-page" if path.stem == "blank" else "unknown-format"
        raise ReportError(path, "is not a known format", "add a format", reason=reason)

    module = ModuleType("ecgcore.reports.report")
    module.read_report = read_report  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ecgcore.reports.report", module)
    return handed


def test_a_pdf_goes_through_the_report_reader_whatever_its_name(reports, tmp_path: Path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7\n...")
    assert load_picture(path).shape == (1320, 2820, 3)
    assert (open_picture(path).cautions, open_picture(path).is_report) == ((Caution.TRACE_LEAVES_BOX,), True)
    assert reports == [path] * 3


def test_a_full_page_image_goes_through_the_report_reader_and_is_never_used_raw(reports, tmp_path: Path):
    Image.new("RGB", (330, 255), "white").save(tmp_path / "page.png")
    with pytest.raises(ReportError) as caught:
        load_picture(tmp_path / "page.png")
    assert caught.value.reason == "unknown-format"


def test_a_page_handed_in_as_pil_image_is_used_as_it_is(reports):
    assert load_picture(Image.new("RGB", (330, 255))).shape == (255, 330, 3)
    assert reports == []


def test_unusable_files_are_refused(tmp_path: Path, ecg, monkeypatch):
    text = tmp_path / "a.png"
    text.write_text("not an image")
    Image.fromarray(ecg).save(tmp_path / "whole.png")
    cut = tmp_path / "cut.png"
    cut.write_bytes((tmp_path / "whole.png").read_bytes()[:1500])
    Image.fromarray(ecg).save(tmp_path / "a.gif")
    for path in (text, cut, tmp_path / "a.gif"):
        with pytest.raises(PredictorError, match="cannot be read as an image"):
            load_picture(path)
    with pytest.raises(PredictorError, match="is not a file"):
        load_picture(tmp_path / "none.png")
    with pytest.raises(PredictorError, match="pixel mode F"):
        load_picture(Image.new("F", (3, 3)))
    with pytest.raises(PredictorError, match="must be a uint8 array"):
        load_picture(ecg.astype(float))
    with pytest.raises(PredictorError, match="must be a uint8 array"):
        load_picture(None)
    monkeypatch.setattr(picture, "MAX_PIXELS", 1000)
    with pytest.raises(PredictorError, match="more than 1000 pixels"):
        load_picture(tmp_path / "whole.png")
    monkeypatch.setattr(picture, "MAX_FILE_BYTES", 1000)
    with pytest.raises(PredictorError, match="more than 1000 bytes"):
        load_picture(tmp_path / "whole.png")


def test_a_cut_image_handed_in_as_pil_is_refused(tmp_path: Path, ecg):
    Image.fromarray(ecg).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:1500])
    with Image.open(tmp_path / "cut.png") as image, pytest.raises(PredictorError, match="cannot be read"):
        load_picture(image)


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_refused_cleanly(tmp_path_factory, content: bytes):
    path = tmp_path_factory.mktemp("any") / "x.png"
    path.write_bytes(content.replace(b"%PDF", b""))
    with pytest.raises(PredictorError):
        load_picture(path)

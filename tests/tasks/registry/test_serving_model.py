"""What a served model is sent, before the classifier sees it."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ecgcore.errors import PredictorError, ReportError
from ecgcore.predictor.picture import load_picture
from ecgcore.synth.hospital import make_hospital
from tasks.registry.serving_model import image_of


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """A report page at 100 dpi, as a program would send it."""
    from pdf2image import convert_from_path

    folder = tmp_path_factory.mktemp("page")
    make_hospital(folder / "hospital", studies=1, seed=1, workers=1)
    (image,) = convert_from_path(next((folder / "hospital" / "ecg").rglob("*.pdf")), dpi=100)
    image.save(folder / "page.png")
    return folder / "page.png"


def test_a_page_in_base64_is_read_as_the_same_page_in_a_file(page):
    found = image_of(encoded(page))
    np.testing.assert_array_equal(found, load_picture(page))
    assert found.shape[:2] in {(1320, 2820), (2100, 1402)}


def test_a_canonical_image_in_base64_is_used_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (132, 282, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    np.testing.assert_array_equal(image_of(encoded(tmp_path / "x.png")), pixels)


def test_a_jpeg_in_base64_is_what_its_file_shows(tmp_path):
    Image.new("RGB", (64, 40), (200, 30, 90)).save(tmp_path / "x.jpg")
    assert encoded(tmp_path / "x.jpg").startswith("/9j/")
    np.testing.assert_array_equal(image_of(encoded(tmp_path / "x.jpg")), np.asarray(Image.open(tmp_path / "x.jpg")))


def test_a_pdf_in_base64_is_read_as_a_report(tmp_path):
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7\n" + bytes(500))
    with pytest.raises(ReportError, match=r"^image: .*truncated"):
        image_of(encoded(tmp_path / "x.pdf"))


def test_a_path_stays_a_path(tmp_path):
    assert image_of("reports/x.pdf") == "reports/x.pdf"
    folder = tmp_path.joinpath(*["a" * 100] * 3)
    folder.mkdir(parents=True)
    (folder / "x.png").touch()
    assert image_of(str(folder / "x.png")) == str(folder / "x.png")


@pytest.mark.parametrize("text", ["R0lGODlh" * 40, "data:image/png;base64,iVBORw0KGgo" + "A" * 5000, "\u0e01" * 100])
def test_what_is_neither_path_nor_known_content_is_refused_without_quoting_it(text):
    with pytest.raises(PredictorError) as caught:
        image_of(text)
    assert str(caught.value).startswith(f"image: is a text of {len(text)} characters, neither")
    assert text[:20] not in str(caught.value)


def test_what_cannot_be_used_is_refused_without_a_temporary_name(tmp_path):
    Image.new("RGB", (330, 255), "white").save(tmp_path / "blank.png")
    whole = encoded(tmp_path / "blank.png")
    with pytest.raises(ReportError, match=r"^image: "):
        image_of(whole)
    with pytest.raises(PredictorError, match=r"^image: .*cannot be read"):
        image_of(whole[: len(whole) // 2 // 4 * 4])
    for wrong in ("*", "\u0e01"):
        with pytest.raises(PredictorError, match=r"^image: is not a PNG in base64"):
            image_of(whole[:40] + wrong + whole[40:])

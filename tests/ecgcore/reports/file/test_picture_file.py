import io

import numpy as np
import pytest
from PIL import Image

from ecgcore.reports.report import read_report

BOX = {"old": (180, 280, 3000, 1600), "new": (82, 950, 3000, 2000)}


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def scaled(image: Image.Image, dpi: int) -> Image.Image:
    return image.resize((round(image.width * dpi / 300), round(image.height * dpi / 300)), Image.Resampling.LANCZOS)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the ink of ``b`` that is ink in ``a``, to within 4 px, both 4 times smaller."""
    small = [np.asarray(Image.fromarray(x).convert("L").reduce(4)) < 215 for x in (a, b)]
    near = np.zeros_like(small[0])
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            near |= np.roll(small[0], (dy, dx), (0, 1))
    return float((near & small[1]).sum() / small[1].sum())


@pytest.fixture(params=["old", "new"])
def case(request, old_page, new_page, old_report, new_report):
    return {"old": (old_page, old_report), "new": (new_page, new_report)}[request.param]


@pytest.mark.parametrize(
    "dpi",
    [
        pytest.param(100, marks=pytest.mark.slow),
        150,
        pytest.param(200, marks=pytest.mark.slow),
        pytest.param(400, marks=pytest.mark.slow),
    ],
)
def test_a_full_page_at_any_resolution(case, dpi, written):
    page, report = case
    again = read_report(written(encoded(scaled(page, dpi), "PNG", compress_level=1), "page.png"))
    assert again.format == report.format
    assert again.image.shape == report.image.shape
    assert likeness(again.image, report.image) > 0.95
    assert likeness(report.image, again.image) > 0.95


@pytest.mark.parametrize(
    ("quality", "dpi"),
    [pytest.param(95, 300, marks=pytest.mark.slow), (75, 300), pytest.param(85, 200, marks=pytest.mark.slow)],
)
def test_a_jpeg_of_the_page_loses_its_grid(case, quality, dpi, written):
    page, report = case
    again = read_report(written(encoded(scaled(page, dpi), "JPEG", quality=quality), "page.jpg"))
    assert again.format == report.format
    assert likeness(again.image, report.image) > 0.95
    assert likeness(report.image, again.image) > 0.9


def test_the_ecg_box_alone_gives_the_same_image(case, written):
    page, report = case
    box = page.crop(BOX[report.format.name])
    again = read_report(written(encoded(box, "PNG", compress_level=1), "box.png"))
    np.testing.assert_array_equal(again.image, report.image)
    half = read_report(written(encoded(scaled(box, 150), "PNG"), "half.png"))
    assert half.image.shape == report.image.shape and half.format == report.format


def test_a_canonical_image_stays_as_it_is(case, written):
    _, report = case
    again = read_report(written(encoded(Image.fromarray(report.image), "PNG", compress_level=1), "canonical.png"))
    assert again.format == report.format
    np.testing.assert_array_equal(again.image, report.image)


def test_transparent_and_grey_pictures_are_read_on_white_paper(old_page, old_report, written):
    layer = old_page.convert("RGBA")
    layer.putalpha(old_page.convert("L").point(lambda v: 255 - v))
    for name, image in (("layer.png", layer), ("grey.png", old_page.convert("L"))):
        assert read_report(written(encoded(image, "PNG", compress_level=1), name)).format == old_report.format

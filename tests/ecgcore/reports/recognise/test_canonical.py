import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ecgcore.reports.page.format import LEADS, known_formats
from ecgcore.reports.recognise.canonical import arrange, canonical_image, grid_mask, remove_grid
from ecgcore.reports.report import read_report

FORMATS = {f.name: f for f in known_formats()}
GRID = ((216, 111, 98), (250, 200, 168), (168, 0, 0))

OLD_STYLES = [
    {},
    {"page": "a4", "trace_width_px": 1.0, "font": "Courier"},
    pytest.param({"origin": (0.3, 0.7)}, marks=pytest.mark.slow),
]
NEW_STYLES = [
    {"page": "a4"},
    pytest.param({"grid_extent": "page", "grid_width_px": 2.5}, marks=pytest.mark.slow),
    {"grid_width_px": 0.4, "trace_width_px": 1.5},
    pytest.param({"origin": (0.37, 0.61), "trace_width_px": 6.0, "grid_width_px": 1.7}, marks=pytest.mark.slow),
]


@pytest.mark.parametrize("style", OLD_STYLES)
def test_old_format_equals_the_slow_rule_pixel_for_pixel(style, paper, reference, written):
    path = written(paper.old_pdf(**style))
    report = read_report(path)
    assert report.format.name == "old"
    assert report.image.shape == (1320, 2820, 3)
    np.testing.assert_array_equal(report.image, np.asarray(reference.canonical_old(path)))


@pytest.mark.parametrize("style", NEW_STYLES)
def test_new_format_equals_the_slow_rule_pixel_for_pixel(style, paper, reference, written):
    path = written(paper.new_pdf(**style))
    report = read_report(path)
    assert report.format.name == "new"
    assert report.image.shape == (2100, 1402, 3)
    np.testing.assert_array_equal(report.image, np.asarray(reference.canonical_new(path)))


@pytest.mark.slow
def test_moved_media_box_and_rotated_page_render_like_poppler(paper, reference, written):
    moved = paper.with_media_box_moved(paper.new_pdf(origin=(40, 25)), 40, 25)
    assert b"[ 40 25 832 637 ]" in moved
    for name, data in {"moved": moved, "turned": paper.new_pdf(rotate=90), "back": paper.new_pdf(rotate=270)}.items():
        path = written(data, f"{name}.pdf")
        np.testing.assert_array_equal(read_report(path).image, np.asarray(reference.canonical_new(path)))


def test_png_of_the_rendered_page_gives_the_same_image_as_the_pdf(new_page, old_page, new_report, old_report, written):
    for page, report in ((new_page, new_report), (old_page, old_report)):
        out = io.BytesIO()
        page.save(out, "PNG", compress_level=1)
        again = read_report(written(out.getvalue(), "page.png"))
        assert again.format == report.format
        np.testing.assert_array_equal(again.image, report.image)


@given(colour=st.sampled_from(GRID), shift=st.tuples(*[st.integers(-6, 6)] * 3))
@settings(max_examples=200, deadline=None)
def test_a_pixel_is_grid_exactly_within_three_levels_of_one_colour(colour, shift):
    pixel = np.clip(np.add(colour, shift), 0, 255)
    expected = any(np.abs(pixel - c).max() <= 3 for c in np.array(GRID))
    box = np.full((2, 5, 3), pixel, np.uint8)
    assert (grid_mask(box, FORMATS["new"]) == (255 if expected else 0)).all()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None)
def test_stacking_puts_every_lead_where_the_format_says(seed):
    fmt = FORMATS["new"]
    box = np.random.default_rng(seed).integers(0, 256, (1050, 2918, 3), np.uint8)
    stacked = arrange(box, fmt)
    for i, lead in enumerate(LEADS):
        x, y = (0, 740, 1478, 2217)[i // 3], 350 * (i % 3)
        np.testing.assert_array_equal(
            stacked[350 * (i % 6) : 350 * (i % 6) + 350, 701 * (i // 6) : 701 * (i // 6) + 701],
            box[y : y + 350, x : x + 701],
            err_msg=lead,
        )


def test_a_format_without_grid_is_left_alone():
    box = np.full((4, 4, 3), GRID[0], np.uint8)
    assert remove_grid(box, FORMATS["old"]) is box


def test_canonical_image_is_a_copy_of_the_page():
    page = np.full((2550, 3300, 3), 255, np.uint8)
    image = canonical_image(page, FORMATS["old"])
    assert not np.shares_memory(image, page)
    assert Image.fromarray(image).size == (2820, 1320)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.errors import ReportError
from ecgcore.explain.placement import format_of, on_page, without_print
from ecgcore.reports.page.format import LEADS, known_formats
from ecgcore.reports.recognise.canonical import canonical_image

FORMATS = {fmt.name: fmt for fmt in known_formats()}
PAGES = ((3300, 2550), (3508, 2480))


@st.composite
def marks(draw):
    """A format, a page size, and a pixel of one of its lead boxes on the page."""
    fmt = FORMATS[draw(st.sampled_from(sorted(FORMATS)))]
    box = fmt.lead_boxes[draw(st.sampled_from(LEADS))].moved(fmt.ecg_box.left, fmt.ecg_box.top)
    x = draw(st.integers(box.left, box.right - 1))
    y = draw(st.integers(box.top, box.bottom - 1))
    return fmt, draw(st.sampled_from(PAGES)), x, y


@settings(max_examples=30, deadline=None)
@given(marks())
def test_a_marked_pixel_returns_to_its_place(mark):
    fmt, (width, height), x, y = mark
    page = np.full((height, width, 3), 255, np.uint8)
    page[y, x] = 0
    canonical = canonical_image(page, fmt)
    assert np.count_nonzero(canonical[..., 0] == 0) == 1
    back = on_page((255 - canonical[..., 0]).astype(np.float32), fmt, (width, height))
    assert back.shape == (height, width)
    assert np.argwhere(back).tolist() == [[y, x]]


@pytest.mark.parametrize("name", ["old", "new"])
def test_the_whole_map_arrives_once(name):
    fmt = FORMATS[name]
    width, height = fmt.canonical_size
    mass = np.random.default_rng(0).random((height, width), dtype=np.float32) + 1
    page = on_page(mass, fmt, PAGES[0])
    np.testing.assert_array_equal(np.sort(page[page > 0]), np.sort(mass.ravel()))


def test_what_no_lead_box_shows_stays_empty():
    # between the columns of the new format lie 701..740 of the ECG box, which starts at (82, 950); the old box is whole
    new = on_page(np.ones((2100, 1402), np.float32), FORMATS["new"], PAGES[0])
    assert not new[:, 82 + 701 : 82 + 740].any() and not new[2000:].any() and not new[:950].any()
    assert new[950:2000, 82 : 82 + 701].all()
    old = on_page(np.ones((1320, 2820), np.float32), FORMATS["old"], PAGES[1])
    assert old[280:1600, 180:3000].all() and old.sum() == 1320 * 2820


@pytest.mark.parametrize(("size", "name"), [((2820, 1320), "old"), ((1402, 2100), "new")])
def test_the_size_tells_the_format(size, name):
    assert format_of(size).name == name


def test_other_sizes_are_refused():
    with pytest.raises(ReportError, match="1320 x 2820 px, no canonical image of a known format"):
        format_of((1320, 2820))
    with pytest.raises(ReportError, match="does not belong to format old"):
        on_page(np.ones((2100, 1402), np.float32), FORMATS["old"], PAGES[0])
    with pytest.raises(ReportError, match="page of 500 x 400 px"):
        on_page(np.ones((1320, 2820), np.float32), FORMATS["old"], (500, 400))


@pytest.mark.parametrize("name", ["old", "new"])
def test_all_but_the_ecg_is_white_without_print(name):
    page, box = np.zeros((2480, 3508, 3), np.uint8), FORMATS[name].ecg_box
    left = without_print(page, FORMATS[name])
    assert not box.cut(left).any() and (left == 255).sum() == page.size - 3 * box.width * box.height
    assert not page.any()

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.reports.page.box import Box
from ecgcore.reports.page.format import FORMATS_DIR, LEADS, FormatError, known_formats, load_format

FORMATS = {f.name: f for f in known_formats()}


def test_the_two_formats_are_as_described():
    old, new = FORMATS["old"], FORMATS["new"]
    assert (old.machine, new.machine) == ("GE MAC 1200", "Philips PageWriter TC30")
    assert old.ecg_box == Box(180, 280, 3000, 1600) and old.signal_box == Box(176, 258, 3126, 1672)
    assert new.ecg_box == new.signal_box == Box(82, 950, 3000, 2000)
    assert (old.canonical_size, new.canonical_size) == ((2820, 1320), (1402, 2100))
    assert new.grid_colours == ((216, 111, 98), (250, 200, 168), (168, 0, 0)) and new.grid_tolerance == 3
    assert not old.has_grid
    assert (old.seconds_per_lead, new.seconds_per_lead, new.rhythm_lead) == (5.0, 2.5, "II")


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
def test_scale_follows_from_dpi_speed_and_gain(fmt):
    assert round(fmt.px_per_s, 1) == 295.3
    assert round(fmt.px_per_mV, 1) == 118.1


def test_the_new_columns_are_237_hundredths_of_a_second_wide():
    assert {round(b.width / FORMATS["new"].px_per_s, 2) for b in FORMATS["new"].lead_boxes.values()} == {2.37}


def test_no_two_leads_share_a_pixel():
    for fmt in FORMATS.values():
        for boxes in (fmt.lead_boxes, fmt.canonical_leads):
            for first in LEADS:
                for second in LEADS[LEADS.index(first) + 1 :]:
                    a, b = boxes[first], boxes[second]
                    apart = a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top
                    assert apart, (fmt.name, first, second)


def test_labels_lie_in_their_leads_box():
    for fmt in FORMATS.values():
        for lead, label in fmt.labels_in_ecg_box.items():
            box = fmt.lead_boxes[lead]
            # the rows of the old format are 220 px to within a few
            assert box.left <= label.left and label.right <= box.right
            assert box.top - 3 <= label.top and label.bottom <= box.bottom


def described(**changes) -> dict:
    raw = yaml.safe_load((FORMATS_DIR / "new.yaml").read_text())
    return {**raw, **changes}


def load(tmp_path: Path, raw: object):
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(raw))
    return load_format(path)


def test_a_new_format_is_a_new_file(tmp_path):
    fmt = load(tmp_path, described(name="other"))
    assert fmt == replace(FORMATS["new"], name="other")
    assert known_formats(tmp_path) == (fmt,)


@pytest.mark.parametrize(
    "changes",
    [
        {"dpi": 0},
        {"rows": 4},
        {"grid": {"colours": [[300, 0, 0]], "tolerance": 3}},
        {"rhythm_lead": "X"},
        {"ecg_box": [82, 950, 3400, 2000]},
        {"ecg_box": [82, 950, 2000, 2000]},
        {"canonical_columns": 5},
        {"lead_boxes": {}},
        {"label_boxes": {"I": [0, 0, 1]}},
        {"pages": {}},
    ],
)
def test_a_wrong_description_says_what_is_wrong(tmp_path, changes):
    with pytest.raises(FormatError, match=r"other\.yaml: .*Hint"):
        load(tmp_path, described(**changes))


def test_a_folder_needs_formats(tmp_path):
    with pytest.raises(FormatError):
        known_formats(tmp_path)


edges = st.integers(-500, 4000)


@given(edges, edges, edges, edges, st.integers(1, 3000), st.integers(1, 3000))
def test_a_clipped_box_is_the_part_inside(left, top, right, bottom, width, height):
    box = Box(left, top, right, bottom)
    clipped = box.clipped(width, height)
    for x, y in ((left, top), (right - 1, bottom - 1), (0, 0), (width - 1, height - 1)):
        inside = left <= x < right and top <= y < bottom and 0 <= x < width and 0 <= y < height
        assert inside == (clipped.left <= x < clipped.right and clipped.top <= y < clipped.bottom)
    assert box.inside(width, height) == (clipped == box and box.width > 0 and box.height > 0)


@given(st.integers(-900, 900), st.integers(-900, 900))
def test_moving_back_and_forth_is_nothing(dx, dy):
    box = Box(1, 2, 30, 40)
    assert box.moved(dx, dy).moved(-dx, -dy) == box and box.moved(dx, dy).size == box.size

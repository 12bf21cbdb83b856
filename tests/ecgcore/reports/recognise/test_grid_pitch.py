"""A grid whose lines do not lie one or five millimetres apart belongs to another scale."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.reports.page.format import known_formats
from ecgcore.reports.page.reason import RefusalError
from ecgcore.reports.recognise.grid_pitch import strange_pitch
from ecgcore.reports.report import read_report

FORMAT = {fmt.name: fmt for fmt in known_formats()}["new"]
MM = FORMAT.dpi / 25.4
LINE, WHITE = (216, 111, 98), 255


def ruled(across: float, down: float, heavy: int = 5) -> np.ndarray:
    """Return a box of the format with lines these px apart, each ``heavy``-th of them twice as broad."""
    width, height = FORMAT.ecg_box.size
    box = np.full((height, width, 3), WHITE, np.uint8)
    for i in range(int(width / across) + 1):
        at = round(i * across)
        box[:, at : at + (1 if i % heavy else 2)] = LINE
    for i in range(int(height / down) + 1):
        at = round(i * down)
        box[at : at + (1 if i % heavy else 2)] = LINE
    return box


@settings(deadline=None, max_examples=30)
@given(scale=st.floats(0.4, 1.9).filter(lambda scale: abs(scale - 1) > 0.04), along=st.booleans())
def test_another_pitch_is_found_in_either_direction(scale: float, along: bool) -> None:
    pitch = scale * MM
    found = strange_pitch(ruled(pitch, MM) if along else ruled(MM, pitch), FORMAT)
    assert found is not None
    multiple = found / pitch
    assert abs(multiple - round(multiple)) * pitch <= 2


@pytest.mark.parametrize("heavy", [1, 5, 10_000])
@pytest.mark.parametrize("mm", [1, 5])
def test_lines_a_millimetre_or_five_apart_are_right(mm: int, heavy: int) -> None:
    assert strange_pitch(ruled(mm * MM, mm * MM, heavy), FORMAT) is None


def test_where_no_lines_are_seen_nothing_is_said() -> None:
    width, height = FORMAT.ecg_box.size
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert strange_pitch(noise, FORMAT) is None
    assert strange_pitch(np.full_like(noise, WHITE), FORMAT) is None


@pytest.mark.parametrize("scale", [0.5, 0.8, 1.25, 2])
def test_a_page_with_another_grid_is_refused(paper, written, scale: float) -> None:
    with pytest.raises(RefusalError, match=r"lines of the grid are \d+ px apart, those of the format new 12 or 59"):
        read_report(written(paper.new_pdf(grid_scale=scale)))


def test_a_scan_of_another_grid_is_refused(paper, reference, written) -> None:
    out = io.BytesIO()
    reference.rendered(written(paper.new_pdf(grid_scale=0.5))).save(out, "JPEG", quality=75, subsampling="4:2:0")
    with pytest.raises(RefusalError, match="lines of the grid"):
        read_report(written(out.getvalue(), "scan.jpg"))

import numpy as np
import pytest
import torch

from ecgcore.reports.page.format import known_formats
from ecgcore.training.augment.grid_remnant import line_coverage, with_grid
from ecgcore.training.recipe.augment_section import GridSection

FORMATS = {fmt.name: fmt for fmt in known_formats()}


@pytest.mark.parametrize("scale", [1.0, 0.0625])
def test_coverage_equals_counting_a_finely_drawn_line(scale):
    fine = 200  # samples per page px
    pixels = 40 if scale == 1.0 else 5
    at = (np.arange(int(pixels / scale) * fine) + 0.5) / fine
    inked = ((at - 0.3 * 11.8) % 11.8) < 1.5
    expected = inked.reshape(pixels, -1).mean(axis=1)
    np.testing.assert_allclose(line_coverage(11.8, 1.5, 0.3, pixels, scale), expected, atol=6e-3)


def test_lines_stand_every_5_mm_of_paper_in_a_grid_colour():
    """At full size and full ink the darkest rows and columns are 300 / 25.4 x 5 = 59.06 px apart."""
    paper = torch.full((1, 3, 2100, 1402), 255.0)
    u = np.array([[0.0, 1 - 1e-9, 0.2, 0.7, 0.0]])
    image = with_grid(paper, u, GridSection(1.0, 1.0), [FORMATS["new"]])[0].numpy()
    for line, pixels in ((image[:, 1000], 1402), (image[:, :, 700], 2100)):
        dark = np.flatnonzero((line[0] < 230) & (np.roll(line[0], 1) >= 230))
        assert np.diff(dark).mean() == pytest.approx(59.055, abs=0.1)
        assert len(dark) == pytest.approx(pixels / 59.055, abs=1)
    assert image.min(axis=(1, 2)).tolist() == [216, 111, 98]  # full ink is the grid's colour


def test_a_format_without_grid_gets_none_and_ink_stays_black():
    images = torch.full((2, 3, 128, 176), 255.0)
    images[:, :, 64] = 0.0
    u = np.array([[0.0, 0.9, 0.1, 0.1, 0.4]] * 2)
    old, new = with_grid(images, u, GridSection(1.0, 1.0), [FORMATS["old"], FORMATS["new"]])
    assert torch.equal(old, images[0])
    assert (new <= images[1]).all() and (new[:, 64] == 0).all() and (new < 250).any()
    half = with_grid(images, u, GridSection(0.5, 1.0), [FORMATS["old"], FORMATS["new"]])[1]
    assert half.mean() > new.mean()

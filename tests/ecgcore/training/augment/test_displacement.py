import math

import cv2
import numpy as np
import pytest
import torch

from ecgcore.reports.page.format import LEADS
from ecgcore.training.augment.displacement import DISPLACEMENT_DRAWS, Displacement, displaced, draw_displacement
from ecgcore.training.augment.lead_map import NO_LEAD, lead_map
from ecgcore.training.recipe.augment_section import AugmentSection, RotationSection, ShiftSection

OLD, NEW = 0, 1


def move(image: np.ndarray, fmt: int, page=(0, 0), degrees=0.0, **leads) -> np.ndarray:
    """Move one grey image (H, W)."""
    where = lead_map(["old", "new"], *image.shape)
    shifts = np.zeros((1, NO_LEAD + 1, 2))
    for lead, shift in leads.items():
        shifts[0, LEADS.index(lead)] = shift
    moves = Displacement(np.array([page], float), np.array([math.radians(degrees)]), shifts)
    planes = torch.from_numpy(image).float().expand(1, 3, *image.shape)
    return displaced(planes, moves, torch.tensor([fmt]), where)[0, 0].numpy()


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width)).astype(np.float32)


def test_a_page_shift_moves_whole_pixels_and_white_comes_in():
    image = noise(132, 282)
    got = move(image, OLD, page=(5, -3)).round()
    expected = np.full_like(image, 255)
    expected[:-3, 5:] = image[3:, :-5]
    np.testing.assert_array_equal(got, expected)


def test_a_cut_and_stacked_format_moves_under_its_boxes():
    image = noise(132, 282)  # boxes of 22 rows; columns meet at 141
    got = move(image, NEW, page=(0, 2)).round()
    for row in range(6):
        box, was = got[22 * row : 22 * row + 22], image[22 * row : 22 * row + 22]
        assert (box[:2] == 255).all()  # nothing of the box above
        np.testing.assert_array_equal(box[2:], was[:-2])


@pytest.mark.parametrize("fmt", [OLD, NEW])
def test_a_lead_shift_stays_inside_its_own_box(fmt):
    image = noise(132, 282)
    got = move(image, fmt, aVR=(4, 1)).round()
    boundary = {OLD: 146.8, NEW: 141}[fmt]
    last = math.ceil(boundary - 0.5)
    expected = image.copy()
    expected[66:88, :last] = 255
    expected[67:88, 4:last] = image[66:87, : last - 4]
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("degrees", [3.0, -2.0])
def test_rotation_equals_opencvs_about_the_centre_where_nothing_is_squeezed(degrees):
    image = cv2.GaussianBlur(noise(330, 705), (9, 9), 2)
    got = move(image, OLD, degrees=degrees)
    middle = ((705 - 1) / 2, (330 - 1) / 2)  # OpenCV's pixel centres are whole numbers
    matrix = cv2.getRotationMatrix2D(middle, -degrees, 1.0)  # OpenCV turns the other way round
    expected = cv2.warpAffine(image, matrix, (705, 330), flags=cv2.INTER_LINEAR, borderValue=255)
    inner = np.s_[30:-30, 30:-30]
    assert np.abs(got - expected)[inner].max() < 2.5  # OpenCV rounds places to 1/32 px


def test_a_turned_point_lands_where_the_page_puts_it_though_the_image_is_squeezed():
    image = np.full((128, 176), 255, np.float32)
    image[30:33, 140:143] = 0
    x, y = (141.5 * 2820 / 176 - 1410, 31.5 * 1320 / 128 - 660)  # canonical px from the centre
    angle = math.radians(2)
    expected = (
        (math.cos(angle) * x - math.sin(angle) * y + 1410) * 176 / 2820,
        (math.sin(angle) * x + math.cos(angle) * y + 660) * 128 / 1320,
    )
    ink = 255 - move(image, OLD, degrees=2)
    rows, columns = np.indices(ink.shape) + 0.5
    assert (ink * columns).sum() / ink.sum() == pytest.approx(expected[0], abs=0.1)
    assert (ink * rows).sum() / ink.sum() == pytest.approx(expected[1], abs=0.1)


def test_a_turned_page_of_a_stacked_format_lifts_one_side_and_lowers_the_other():
    """1 degree about the middle of the page: what is far left goes up, what is right of it goes down."""
    image = np.full((2100 // 4, 1402 // 2), 255, np.float32)
    image[40:43, 100:103] = image[40:43, 351 + 100 + 150 : 351 + 103 + 150] = 0
    ink = 255 - move(image, NEW, degrees=1.0)
    rows = np.indices(ink.shape)[0] + 0.5
    left = (ink * rows)[:87, :350].sum() / ink[:87, :350].sum()
    x, y = 101.5 * 2 - 1459, 41.5 * 4 - 525  # of the dot in lead I, page px from the centre
    turned = math.sin(math.radians(1)) * x + math.cos(math.radians(1)) * y + 525
    assert left == pytest.approx(turned / 4, abs=0.1)
    x = (351 + 101.5 + 150) * 2 - 701 + 1478 - 1459  # V1's column begins 1478 px into the page
    turned = math.sin(math.radians(1)) * x + math.cos(math.radians(1)) * y + 525
    right = (ink * rows)[:87, 351:].sum() / ink[:87, 351:].sum()
    assert right == pytest.approx(turned / 4, abs=0.1)
    assert right > left


def test_draws_keep_limits_probabilities_and_whole_pixels():
    section = AugmentSection(
        page_shift=ShiftSection(0.02, 0.5), rotation=RotationSection(1.5, 0.25), lead_shift=ShiftSection(0.01, 0.75)
    )
    u = np.random.default_rng(1).random((4000, DISPLACEMENT_DRAWS))
    moves = draw_displacement(section, u, 384, 400)
    assert np.abs(moves.page).max(axis=0).tolist() == [8, 8]  # .02 x 400 = 8, .02 x 384 = 7.68, rounded
    assert np.abs(moves.leads[:, :NO_LEAD]).max(axis=(0, 1)).tolist() == [4, 4]
    assert not moves.leads[:, NO_LEAD].any()
    assert 1.45 < math.degrees(np.abs(moves.angle).max()) <= 1.5
    assert (moves.angle != 0).mean() == pytest.approx(0.25, abs=0.021)  # 3 standard errors
    assert moves.leads.any(axis=(1, 2)).mean() == pytest.approx(0.75, abs=0.021)
    for found in (moves.page, moves.leads):
        np.testing.assert_array_equal(found, np.rint(found))

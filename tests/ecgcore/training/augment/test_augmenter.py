import cv2
import numpy as np
import pytest
import torch

from ecgcore.errors import TrainingError
from ecgcore.training.augment.augmenter import Augmenter, box_kernel, line_kernel
from ecgcore.training.recipe.augment_section import (
    AugmentSection,
    BlurSection,
    BrightnessContrastSection,
    GridSection,
    JpegSection,
    RotationSection,
    ShiftSection,
    ThicknessSection,
)


def augmenter(section: AugmentSection, count: int, seed: int) -> Augmenter:
    return Augmenter(section, np.resize(["new", "old"], count), seed)


def images(count: int = 6) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (count, 20, 30, 3), dtype=np.uint8))


ALL = AugmentSection(
    BlurSection(3, 0.5), BrightnessContrastSection(0.2, 0.5), BlurSection(7, 0.5), ShiftSection(0.1, 0.5),
    RotationSection(5.0, 0.5), ShiftSection(0.1, 0.5), ThicknessSection(1.0, 0.5), GridSection(1.0, 0.5),
    JpegSection(20, 0.5),
)  # fmt: skip


def test_what_happens_to_a_sample_does_not_depend_on_its_batch():
    x, order = images(), torch.tensor([4, 0, 3, 1, 5, 2])
    whole = augmenter(ALL, 6, seed=1)(x, torch.arange(6), epoch=2)
    shuffled = augmenter(ALL, 6, seed=1)(x[order], order, epoch=2)
    assert torch.equal(whole[order], shuffled)
    assert not torch.equal(whole, augmenter(ALL, 6, seed=1)(x, torch.arange(6), epoch=3))
    assert not torch.equal(whole, augmenter(ALL, 6, seed=2)(x, torch.arange(6), epoch=2))


def test_box_blur_equals_opencvs():
    x = images(2)
    got = augmenter(AugmentSection(blur=BlurSection(3, 1.0)), 2, seed=0)(x, torch.arange(2), 0)
    expected = np.stack([cv2.blur(i, (3, 3)) for i in x.numpy()])
    assert np.abs(got.numpy().astype(int) - expected).max() <= 1


def test_brightness_and_contrast_follow_their_formula_and_limits():
    section = AugmentSection(brightness_contrast=BrightnessContrastSection(0.2, 1.0))
    grey = torch.stack([torch.full((4, 4, 3), v, dtype=torch.uint8) for v in (100, 120)]).repeat(500, 1, 1, 1)
    index = torch.arange(1000)
    out = augmenter(section, 1000, seed=0)(grey, index, 0)[:, 0, 0, 0].numpy()
    u = augmenter(section, 1000, seed=0).draws(index, 0)
    expected = np.clip(grey[:, 0, 0, 0].numpy() * (0.8 + 0.4 * u[:, 3]) + 255 * (0.4 * u[:, 4] - 0.2), 0, 255)
    assert np.abs(out - expected).max() <= 0.51


def test_probabilities_are_kept():
    x = images(1).repeat(2000, 1, 1, 1)
    section = AugmentSection(blur=BlurSection(3, 0.2))
    changed = (augmenter(section, 2000, seed=5)(x, torch.arange(2000), 0) != x).flatten(1).any(1).float().mean()
    assert changed == pytest.approx(0.2, abs=0.03)  # 3.3 standard errors


@pytest.mark.parametrize(
    "section",
    [
        AugmentSection(page_shift=ShiftSection(0.1, 0.0)), AugmentSection(rotation=RotationSection(5.0, 0.0)),
        AugmentSection(lead_shift=ShiftSection(0.1, 0.0)), AugmentSection(thickness=ThicknessSection(1.0, 0.0)),
        AugmentSection(grid=GridSection(1.0, 0.0)), AugmentSection(jpeg=JpegSection(20, 0.0)),
    ],
)  # fmt: skip
def test_probability_zero_is_nothing_done(section):
    assert torch.equal(augmenter(section, 6, 0)(images(), torch.arange(6), 0), images())


def test_a_format_without_lead_boxes_is_refused_only_where_leads_matter():
    with pytest.raises(TrainingError, match="report format 'photo': has no lead boxes; known are new, old"):
        Augmenter(AugmentSection(lead_shift=ShiftSection(0.1, 0.5)), np.array(["old", "photo"]), 0)
    Augmenter(AugmentSection(blur=BlurSection(3, 0.5)), np.array(["old", "photo"]), 0)


def test_nothing_asked_is_nothing_done():
    assert torch.equal(augmenter(AugmentSection(), 6, 0)(images(), torch.arange(6), 0), images())


@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2])
def test_kernels_sum_to_one_and_are_symmetric(angle):
    for kernel in (line_kernel(5, angle, 7), box_kernel(3, 7)):
        assert kernel.sum() == pytest.approx(1.0)
        assert np.array_equal(kernel, kernel[::-1, ::-1])
    assert np.count_nonzero(line_kernel(5, 0.0, 7)[3]) == 5

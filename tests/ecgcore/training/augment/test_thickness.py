import cv2
import numpy as np
import pytest
import torch

from ecgcore.training.augment.thickness import thickened
from ecgcore.training.recipe.augment_section import ThicknessSection


@pytest.mark.parametrize(("u", "morphology"), [(0.75, cv2.erode), (0.25, cv2.dilate)])
def test_half_of_opencvs_erosion_or_dilation(u, morphology):
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    planes = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    got = thickened(planes, np.array([[0.0, u]]), ThicknessSection(1.0, 1.0))[0].permute(1, 2, 0).numpy()
    expected = 0.5 * image + 0.5 * morphology(image, np.ones((3, 3), np.uint8))
    np.testing.assert_allclose(got, expected, atol=1e-3)


def test_above_the_middle_dark_lines_grow():
    paper = torch.full((2, 3, 9, 9), 255.0)
    paper[:, :, 4] = 0.0
    thick, thin = thickened(paper, np.array([[0.0, 0.99], [0.0, 0.01]]), ThicknessSection(0.5, 1.0))
    assert thick.mean() < paper[0].mean() < thin.mean()

import cv2
import numpy as np
import pytest
import torch

from ecgcore.training.augment.jpeg import jpeg, quantisers


def picture() -> np.ndarray:
    """A page with thin lines, colours and noise, whose sides are no multiples of 8."""
    rng = np.random.default_rng(0)
    image = np.full((61, 84, 3), 255, np.uint8)
    image[20:22, 5:70] = 0
    image[:, 40] = (200, 60, 50)
    cv2.circle(image, (60, 40), 9, (30, 90, 200), 1)
    return np.clip(image - rng.integers(0, 12, image.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("quality", [10, 30, 49, 50, 75, 95, 100])
def test_equals_opencvs_encoder_up_to_rounding(quality):
    image = picture()
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    written = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality, *sampling])[1]
    expected = cv2.imdecode(written, cv2.IMREAD_COLOR)[..., ::-1].astype(int)
    planes = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    got = jpeg(planes, np.array([quality]))[0].permute(1, 2, 0).numpy()
    difference = np.abs(got - expected)
    # the encoder's cosines are in whole numbers: where a coefficient is near a tie, one block comes out otherwise
    assert difference.mean() < 0.8 and (difference <= 2).mean() > 0.95
    assert np.abs(got - image).mean() == pytest.approx(np.abs(expected - image).mean(), rel=0.03, abs=0.15)


def test_the_tables_of_the_standard_at_quality_50_and_their_ends():
    tables = quantisers(np.array([50, 100, 1]))
    assert tables[0, 0, 0].tolist() == [16, 11, 10, 16, 24, 40, 51, 61]
    assert tables[0, 1, :2, :4].tolist() == [[17, 18, 24, 47], [18, 21, 26, 66]]
    assert (tables[1] == 1).all() and (tables[2] == 255).all()

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ecgcore.data.cache_writer import CacheWriter, decode
from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.errors import SnapshotError


@pytest.mark.parametrize("flag", [Interpolation.AREA, Interpolation.LINEAR])
@pytest.mark.parametrize("shape", [(1320, 2820), (2100, 1402), (48, 64)])
def test_it_resizes_to_the_pixels_that_a_prediction_sees(flag, shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    ours = CacheWriter(Path("x"), 48, 64, int(flag), 0).resize(image)
    assert np.array_equal(ours, ImageTransform(48, 64, flag).resize(image))


def test_decoding_gives_rgb_and_names_what_it_cannot_read(tmp_path):
    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 2] = 255  # OpenCV writes blue, green, red
    cv2.imwrite(str(tmp_path / "red.png"), red)
    assert decode(tmp_path / "red.png")[0, 0].tolist() == [255, 0, 0]
    with pytest.raises(SnapshotError, match="no readable image"):
        decode(tmp_path / "absent.png")


def test_a_worker_does_not_load_torch():
    code = "import sys, ecgcore.data.cache_writer; print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"

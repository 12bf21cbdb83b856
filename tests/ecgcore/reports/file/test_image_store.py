import hashlib
import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ecgcore.reports.file.image_store import StoreError, image_path, image_sha256, load_image, store_image
from ecgcore.reports.file.png import encode_png, plane_of

images = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.booleans())


def made(height: int, width: int, seed: int, grey: bool) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if grey:
        return np.repeat(rng.integers(0, 256, (height, width, 1), np.uint8), 3, axis=2)
    return rng.integers(0, 256, (height, width, 3), np.uint8)


@given(images)
@settings(deadline=None)
def test_two_other_readers_see_the_same_pixels(drawn):
    image = made(*drawn)
    data = encode_png(plane_of(image))
    with Image.open(io.BytesIO(data)) as read:
        read.load()
        np.testing.assert_array_equal(np.asarray(read.convert("RGB")), image)
        assert read.mode == ("L" if (image == image[..., :1]).all() else "RGB")
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1], image)


def test_storing_and_loading_changes_nothing(tmp_path, new_report, old_report):
    for report in (new_report, old_report):
        sha256 = store_image(report.image, tmp_path)
        loaded = load_image(tmp_path / image_path(sha256))
        assert loaded.dtype == np.uint8
        np.testing.assert_array_equal(loaded, report.image)
        assert image_sha256(loaded) == sha256
    assert not list(tmp_path.rglob("*.partial"))


def test_the_hash_is_of_shape_and_pixels():
    colour = made(3, 5, 1, grey=False)
    grey = made(3, 5, 1, grey=True)
    assert image_sha256(colour) == hashlib.sha256(b"3x5x3:" + colour.tobytes()).hexdigest()
    assert image_sha256(grey) == hashlib.sha256(b"3x5x1:" + grey[..., 0].tobytes()).hexdigest()
    assert image_sha256(colour) != image_sha256(colour.reshape(5, 3, 3))


def test_the_path_starts_with_two_digits_of_the_hash():
    assert image_path("ab" * 32).as_posix() == "ab/" + "ab" * 32 + ".png"


def test_storing_twice_leaves_one_file(tmp_path):
    image = made(9, 9, 0, grey=False)
    assert store_image(image, tmp_path) == store_image(image, tmp_path)
    assert len(list(tmp_path.rglob("*.png"))) == 1


def test_an_unwritable_folder_is_one_clear_error(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(StoreError, match="Hint"):
        store_image(made(4, 4, 0, grey=True), blocker / "images")


def test_damaged_and_missing_images_are_said(tmp_path):
    for name, data in (("empty.png", b""), ("half.png", encode_png(made(30, 30, 0, grey=False))[:200])):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(StoreError):
            load_image(tmp_path / name)
    with pytest.raises(StoreError):
        load_image(tmp_path / "absent.png")

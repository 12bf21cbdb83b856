import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ecgcore.data.cache import open_cache
from ecgcore.data.cache_spec import SignalSpec
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.reports.page.format import known_formats

SPEC = SignalSpec(64)


def lead_image(rate: float) -> np.ndarray:
    """An old-format canonical image of twelve leads with R waves of 1 mV, ``rate`` per second."""
    fmt = next(each for each in known_formats() if each.name == "old")
    image = np.full((*fmt.canonical_size[::-1], 3), 255, np.uint8)
    seconds = np.arange(0, 4.6, 0.004)
    wave = np.exp(-((((seconds * rate) % 1 - 0.5) / rate / 0.02) ** 2))
    for box in fmt.canonical_leads.values():
        x, y = box.left + 80 + seconds * fmt.px_per_s, (box.top + box.bottom) / 2 - wave * 80
        cv2.polylines(image, [np.stack([x, y], 1).round().astype(np.int32)], False, (0, 0, 0), 3)
    return image


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> dict[str, Path]:
    """Three ECGs, a blank page and a picture that is none."""
    folder = tmp_path_factory.mktemp("images")
    blank = np.full_like(lead_image(1.0), 255)
    pictures = [lead_image(0.9), lead_image(1.3), lead_image(1.7), blank, blank[:40, :60]]
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number:064x}.png"), picture)
    return {path.stem: path for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def cache(images, tmp_path_factory):
    return open_cache(tmp_path_factory.mktemp("cache"), SPEC, images, progress=False)


def test_rows_hold_what_a_prediction_reads_from_the_same_image(cache, images):
    transform = SignalTransform(64, (0.0,) * 12, (1.0,) * 12, 0.0)
    shas = list(images)[:3]
    served = np.stack([transform.prepare(cv2.imread(str(images[sha]))) for sha in shas])
    got = cache.read(cache.rows_of(shas))
    assert got.dtype == np.float32 and np.array_equal(got, served)
    assert np.array_equal(cache.as_memmap()[:3], served)
    assert served.max() == pytest.approx(80 / 118.11, abs=0.05)  # mV of the drawn R wave


def test_images_without_signals_are_named_with_their_reason_and_leave_zeros(cache, images):
    blank, tiny = list(images)[3:]
    assert set(cache.unreadable) == {blank, tiny}
    assert "empty-lead" in cache.unreadable[blank] and "wrong-geometry" in cache.unreadable[tiny]
    assert not cache.read(cache.rows_of([blank, tiny])).any()


def test_they_are_remembered(cache, images):
    stamp = cache.path.stat().st_mtime_ns
    again = open_cache(cache.path.parent, SPEC, images, progress=False)
    assert again == cache and again.unreadable == cache.unreadable and again.path.stat().st_mtime_ns == stamp
    index = json.loads(cache.path.with_suffix(".json").read_text())
    assert index["shape"] == [12, 64] and index["images"] == list(images)


def test_another_length_is_another_file(cache, images):
    other = open_cache(cache.path.parent, SignalSpec(80), dict(list(images.items())[:1]), progress=False)
    assert other.path != cache.path and other.read(np.array([0])).shape == (1, 12, 80)


def test_a_worker_does_not_load_torch():
    code = "import sys, ecgcore.data.signal_writer; print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"

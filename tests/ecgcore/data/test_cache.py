import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from ecgcore.data.cache import open_cache
from ecgcore.data.cache_spec import ImageSpec
from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import SnapshotError

SPEC = ImageSpec(24, 32, Interpolation.AREA)


def images_of(path: Path) -> dict[str, Path]:
    snapshot = Snapshot.open(path)
    return {sha: snapshot.image_path(sha) for sha in snapshot.studies["image_sha256"]}


def expected(path: Path, spec: ImageSpec) -> np.ndarray:
    flag = cv2.INTER_AREA if spec.interpolation is Interpolation.AREA else cv2.INTER_LINEAR
    image = cv2.resize(cv2.imread(str(path)), (spec.width, spec.height), interpolation=flag)
    return image[:, :, ::-1]


@pytest.mark.parametrize("interpolation", [Interpolation.AREA, Interpolation.LINEAR])
def test_rows_hold_what_opencv_gives(snapshot_path, interpolation):
    images, spec = images_of(snapshot_path), ImageSpec(24, 32, interpolation)
    cache = open_cache(snapshot_path / "cache", spec, images, progress=False)
    shas = list(images)[::-1]
    got = cache.read(cache.rows_of(shas))
    assert np.array_equal(got, np.stack([expected(images[s], spec) for s in shas]))
    served = ImageTransform(24, 32, interpolation).resize(cv2.imread(str(images[shas[0]]))[:, :, ::-1].copy())
    assert np.array_equal(got[0], served)
    assert np.array_equal(cache.as_memmap()[cache.rows_of(shas)], got)


def test_it_is_built_once_and_shared(snapshot_path):
    images = images_of(snapshot_path)
    first = open_cache(snapshot_path / "cache", SPEC, images, progress=False)
    stamp = first.path.stat().st_mtime_ns
    for path in images.values():
        path.unlink()
    again = open_cache(snapshot_path / "cache", SPEC, images, progress=False)
    assert again == first and again.path.stat().st_mtime_ns == stamp


@pytest.mark.slow
def test_workers_give_the_same_bytes_as_one(tmp_path):
    rng, images = np.random.default_rng(0), {}
    for i in range(140):
        images[f"{i:064x}"] = tmp_path / f"{i}.png"
        cv2.imwrite(str(tmp_path / f"{i}.png"), rng.integers(0, 256, (30, 40, 3), dtype=np.uint8))
    one = open_cache(tmp_path / "one", SPEC, images, workers=1, progress=False)
    two = open_cache(tmp_path / "two", SPEC, images, workers=2, progress=False)
    assert one.path.read_bytes() == two.path.read_bytes()


def test_repeated_and_unsorted_rows_come_as_asked_into_the_given_memory(snapshot_path):
    images = images_of(snapshot_path)
    cache = open_cache(snapshot_path / "cache", SPEC, images, progress=False)
    rows = np.array([7, 0, 7, 19, 3])
    out = np.empty((5, 24, 32, 3), np.uint8)
    assert cache.read(rows, out=out) is out
    assert np.array_equal(out, cache.as_memmap()[rows])


@pytest.mark.parametrize("row", [-1, 20])
def test_a_row_that_is_not_there_is_refused(snapshot_path, row):
    cache = open_cache(snapshot_path / "cache", SPEC, images_of(snapshot_path), progress=False)
    with pytest.raises(SnapshotError, match=f"no complete row {row}"):
        cache.read(np.array([row]))
    with pytest.raises(SnapshotError, match="has no image abc"):
        cache.rows_of(["abc"])


def test_a_cut_file_or_another_list_of_images_is_built_anew(snapshot_path):
    images = images_of(snapshot_path)
    cache = open_cache(snapshot_path / "cache", SPEC, images, progress=False)
    whole = cache.path.read_bytes()
    cache.path.write_bytes(whole[:-1])
    assert open_cache(snapshot_path / "cache", SPEC, images, progress=False).path.read_bytes() == whole
    fewer = dict(list(images.items())[:5])
    assert len(open_cache(snapshot_path / "cache", SPEC, fewer, progress=False).as_memmap()) == 5


def test_an_image_that_cannot_be_decoded_is_named_and_leaves_no_cache(snapshot_path):
    images = images_of(snapshot_path)
    victim = next(iter(images.values()))
    victim.write_bytes(b"no image")
    with pytest.raises(SnapshotError, match=f"{victim.name}: is no readable image"):
        open_cache(snapshot_path / "cache", SPEC, images, progress=False)
    assert not (snapshot_path / "cache" / f"{SPEC.name}.json").exists()


def test_a_folder_that_cannot_be_made_is_named(snapshot_path):
    (snapshot_path / "cache").write_text("in the way")
    with pytest.raises(SnapshotError, match="cannot hold the image cache"):
        open_cache(snapshot_path / "cache", SPEC, images_of(snapshot_path), progress=False)


def test_two_at_once_build_it_once(snapshot_path):
    images = images_of(snapshot_path)
    with ThreadPoolExecutor(2) as pool:
        caches = list(pool.map(lambda _: open_cache(snapshot_path / "cache", SPEC, images, progress=False), range(2)))
    assert caches[0] == caches[1]
    assert np.array_equal(caches[0].read(np.arange(20)), caches[1].as_memmap())


BUILD = """
import sys; from pathlib import Path
from ecgcore.data.cache import open_cache
from ecgcore.data.cache_spec import ImageSpec
from ecgcore.data.image_transform import Interpolation
folder = Path(sys.argv[1])
images = {p.stem: p for p in sorted(folder.glob("*.png"))}
if __name__ == "__main__":
    open_cache(folder / "cache", ImageSpec(64, 64, Interpolation.AREA), images, workers=2, progress=False)
"""


@pytest.mark.slow
def test_a_build_that_is_killed_leaves_no_cache_and_no_process(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1200, 1200, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "0000.png"), image)
    for i in range(1, 400):
        os.link(tmp_path / "0000.png", tmp_path / f"{i:04d}.png")
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(tmp_path)], cwd=Path(__file__).parents[3], start_new_session=True
    )
    partial = tmp_path / "cache" / "64x64-area.npy.partial"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (partial.exists() and partial.read_bytes()[200:].strip(b"\0")):
        time.sleep(0.05)
    assert partial.exists()
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL  # it was still building
    assert not (tmp_path / "cache" / "64x64-area.json").exists()
    while time.monotonic() < deadline and _alive(process.pid):
        time.sleep(0.1)
    assert not _alive(process.pid), "worker processes outlive their parent"
    images = {p.stem: p for p in sorted(tmp_path.glob("*.png"))}
    cache = open_cache(tmp_path / "cache", ImageSpec(64, 64, Interpolation.AREA), images, progress=False)
    reference = expected(tmp_path / "0000.png", cache.spec)
    assert all(np.array_equal(row, reference) for row in cache.as_memmap())


def _alive(session: int) -> bool:
    return subprocess.run(["pgrep", "-s", str(session)], capture_output=True).returncode == 0

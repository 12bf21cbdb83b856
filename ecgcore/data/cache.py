"""The recordings of a snapshot, made once from its images, as one memory map that feeds every recipe of that input.

``cache/<height>x<width>-<interpolation>.npy`` holds ``(N, height, width, 3)`` uint8 RGB, and
``cache/signal-<samples>-v<n>.npy`` ``(N, 12, samples)`` float32 mV. The ``.json`` beside it lists the ``N`` image
hashes in row order, and why images could not be read; it is written last, so a cache without it does not exist.
"""

from __future__ import annotations

import fcntl
import json
import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ecgcore import durable
from ecgcore.data.cache_spec import CacheSpec, Writer, row_bytes
from ecgcore.data.cache_writer import Job, Written, end_with_parent
from ecgcore.errors import SnapshotError

log = logging.getLogger(__name__)

_CHUNK = 8  # images per job: few enough for a smooth bar, many enough to hide the cost of a job
_CHUNKS_IN_FLIGHT = 4  # per worker
_MIN_IMAGES_PER_WORKER = 64  # below this, starting a process costs more than it saves


@dataclass(frozen=True)
class RecordingCache:
    """Rows of recordings by the content hash of their image. Reading holds one batch in memory, never the file.

    Args:
        path: the ``.npy`` file.
        spec: what it holds.
        rows: image hash -> row.
        unreadable: image hash -> reason, of images that gave no recording; their rows are zeros.
    """

    path: Path
    spec: CacheSpec
    rows: dict[str, int] = field(repr=False)
    unreadable: dict[str, str] = field(repr=False)
    _offset: int = field(repr=False)

    def rows_of(self, image_sha256s: Sequence[str]) -> np.ndarray:
        """Return the int64 rows of these images.

        Raises:
            SnapshotError: an image is not in the cache.
        """
        try:
            return np.array([self.rows[sha] for sha in image_sha256s], dtype=np.int64)
        except KeyError as e:
            raise SnapshotError(
                self.path, f"has no image {e.args[0]}", "delete the cache file; it is built anew"
            ) from e

    def read(self, rows: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return the recordings of ``rows``, ``(len(rows), *spec.shape)`` of ``spec.dtype``, in the order asked for.

        Args:
            rows: row numbers, 0 to N - 1.
            out: C-contiguous array of the result's shape and type to fill, for example of pinned memory.

        Raises:
            SnapshotError: a row does not exist or the file is shorter than it should be.
        """
        out = np.empty((len(rows), *self.spec.shape), self.spec.dtype) if out is None else out
        size = row_bytes(self.spec)
        flat = out.reshape(len(rows), -1).view(np.uint8)
        with self.path.open("rb", buffering=0) as file:
            for i in np.argsort(rows, kind="stable"):  # ascending, so that a cold disk reads forwards
                # a plain read releases the interpreter lock, and grows no page table as a mapping would
                done = os.preadv(file.fileno(), [flat[i]], self._offset + int(rows[i]) * size) if rows[i] >= 0 else 0
                if done != size:
                    raise SnapshotError(
                        self.path, f"has no complete row {rows[i]}", "delete the cache; it is built anew"
                    )
        return out

    def as_memmap(self) -> np.ndarray:
        """Return the whole cache as a read-only memory map."""
        return np.load(self.path, mmap_mode="r")


def open_cache(
    directory: Path, spec: CacheSpec, images: dict[str, Path], *, workers: int | None = None, progress: bool = True
) -> RecordingCache:
    """Return the cache of these images in ``directory``, building it first if it is not there.

    Safe to be killed at any moment (the next call starts anew) and to be called twice at once (the second waits).

    Args:
        directory: a snapshot's ``cache`` folder; created if missing.
        spec: what to make of each image.
        images: content hash -> PNG file.
        workers: processes that decode; one per core by default. Memory: one decoded image per worker.
        progress: show a bar.

    Raises:
        SnapshotError: an image cannot be decoded, or the disk cannot hold the cache.
    """
    order = sorted(images)
    target = directory / f"{spec.name}.npy"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory / f"{spec.name}.lock"):
            unreadable = _known(target, spec, order)
            if unreadable is None:
                jobs = [(i, images[sha]) for i, sha in enumerate(order)]
                unreadable = {order[i]: why for i, why in _build(target, spec, jobs, workers, progress).items()}
                _publish_index(target, spec, order, unreadable)
    except OSError as e:
        raise SnapshotError(directory, f"cannot hold the image cache: {e}", "free space, or make it writable") from e
    return RecordingCache(target, spec, {sha: i for i, sha in enumerate(order)}, unreadable, _data_offset(target))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the kernel lets go of it when the holder dies
        yield


def _index_path(target: Path) -> Path:
    return target.with_suffix(".json")


def _known(target: Path, spec: CacheSpec, order: Sequence[str]) -> dict[str, str] | None:
    """Return what the index of a whole cache of these images says was unreadable; None if there is no such cache."""
    if not (_index_path(target).exists() and target.exists()):
        return None
    try:
        known = json.loads(_index_path(target).read_text(encoding="utf-8"))
    except ValueError:
        return None
    whole = target.stat().st_size == _data_offset(target) + len(order) * row_bytes(spec)
    unreadable: dict[str, str] = known.pop("unreadable", {})
    return unreadable if whole and known == {"images": list(order), "shape": list(spec.shape)} else None


def _publish_index(target: Path, spec: CacheSpec, order: Sequence[str], unreadable: dict[str, str]) -> None:
    content = {"images": list(order), "shape": list(spec.shape), "unreadable": unreadable}
    durable.write_text(_index_path(target), json.dumps(content))


def _data_offset(target: Path) -> int:
    with target.open("rb") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        return file.tell()


def _create(partial: Path, spec: CacheSpec, count: int) -> int:
    """Write the header, reserve the space, and return where the first row starts."""
    with partial.open("wb") as file:
        header = {"descr": spec.dtype.str, "fortran_order": False, "shape": (count, *spec.shape)}
        np.lib.format.write_array_header_1_0(file, header)
        offset = file.tell()
        if count:
            os.posix_fallocate(file.fileno(), 0, offset + count * row_bytes(spec))  # a full disk fails now, not later
        return offset


def _build(target: Path, spec: CacheSpec, images: Job, workers: int | None, progress: bool) -> dict[int, str]:
    """Make the file, and return the rows that stay empty, with the reasons."""
    log.info("building the cache %s: %d images", target, len(images))
    _index_path(target).unlink(missing_ok=True)
    partial = target.with_suffix(".npy.partial")
    offset = _create(partial, spec, len(images))
    jobs = [images[i : i + _CHUNK] for i in range(0, len(images), _CHUNK)]
    unreadable: dict[int, str] = {}
    with tqdm(total=len(images), desc=f"cache {spec.name}", unit="image", disable=not progress) as bar:
        for done in _run(spec.writer(partial, offset), jobs, partial, _worker_count(workers, len(images))):
            unreadable |= done.unreadable
            bar.update(done.count)
    durable.publish(partial, target)
    return dict(sorted(unreadable.items()))


def _worker_count(workers: int | None, images: int) -> int:
    wanted = workers or len(os.sched_getaffinity(0))
    return max(1, min(wanted, images // _MIN_IMAGES_PER_WORKER))


def _run(writer: Writer, jobs: Sequence[Job], path: Path, workers: int) -> Iterator[Written]:
    """Yield what became of each job, holding only a few jobs at a time."""
    if workers == 1:
        yield from map(writer, jobs)
        return
    # spawned, because a fork of a process whose torch threads run can hang
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent) as pool:
            yield from _bounded(lambda job: pool.submit(writer, job), jobs, workers * _CHUNKS_IN_FLIGHT)
    except BrokenProcessPool as e:
        raise SnapshotError(
            path, "a process that decodes images died", "look for a lack of memory; the build starts anew"
        ) from e


def _bounded(submit: Callable[[Job], Future[Written]], jobs: Sequence[Job], limit: int) -> Iterator[Written]:
    running: set[Future[Written]] = set()
    for job in jobs:
        running.add(submit(job))
        if len(running) >= limit:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    yield from (future.result() for future in running)

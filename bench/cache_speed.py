"""Images per second and core out of the cache, beside copying the same bytes in memory; and into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from bench.bench_part import Part
from bench.effort import Effort
from bench.line import Line, Sense, Target
from bench.made_cache import make_cache
from bench.made_reports import MadeReports
from bench.stopwatch import one_core, seconds_of, seconds_of_pair
from ecgcore.data.cache import RecordingCache, open_cache
from ecgcore.data.cache_spec import ImageSpec, row_bytes
from ecgcore.data.image_transform import Interpolation
from ecgcore.data.order import epoch_order, even_batches

_SIDE = 384
_BATCH = 16
_SPEC = ImageSpec(_SIDE, _SIDE, Interpolation.AREA)
_TARGET = Target(Sense.AT_LEAST, 2400)
_BYTES_PER_GB = 1e9


def measure_cache(made: MadeReports, effort: Effort) -> list[Line]:
    """Measure on one core, in random order, with the file in the page cache."""
    with one_core():
        cache = make_cache(made, _SPEC, effort.cache_images)
        read, copied = _rates(cache, effort.repeats)
        filled = [_fill_rate(made, turn) for turn in range(effort.repeats)]
    gigabytes = row_bytes(_SPEC) / _BYTES_PER_GB
    in_bytes = read * gigabytes, copied * gigabytes
    note = f"{len(cache.rows)} images in random order, batches of {_BATCH}, from the page cache; the old code: 120"
    return [
        Line(
            Part.CACHE, f"out of the cache, {_SIDE} px, one core", read, "images/s", copied, "memory copy",
            read / copied, _TARGET, note,
        ),
        Line(Part.CACHE, "the same in bytes", in_bytes[0], "GB/s", in_bytes[1], "memory copy", read / copied),
        Line(
            Part.CACHE, "into the cache, once per snapshot", median(filled), "images/s",
            note="decoding canonical images and resizing them, one core",
        ),
    ]  # fmt: skip


def _rates(cache: RecordingCache, repeats: int) -> tuple[float, float]:
    """Return images per second of the cache and of a copy from memory, batch by batch by turns."""
    memory = cache.as_memmap().copy()
    out = np.empty((_BATCH, *cache.spec.shape), np.uint8)
    _pass(cache, memory, out, epoch=0)  # warm-up
    passes = [_pass(cache, memory, out, epoch) for epoch in range(1, repeats + 1)]
    return median(each[0] for each in passes), median(each[1] for each in passes)


def _pass(cache: RecordingCache, memory: np.ndarray, out: np.ndarray, epoch: int) -> tuple[float, float]:
    order = epoch_order(len(memory), 0, epoch)
    reading, copying = 0.0, 0.0
    for turn, rows in enumerate(even_batches(order, _BATCH)):
        part = out[: len(rows)]
        # the copy takes other rows than the read, which would otherwise be in the processor's cache
        others = np.roll(order, len(order) // 2)[turn * _BATCH :][: len(rows)]
        read, copied = seconds_of_pair(
            lambda rows=rows, part=part: cache.read(rows, out=part),  # type: ignore[misc]
            lambda others=others, part=part: _copy(memory, others, part),  # type: ignore[misc]
            turn,
        )
        reading, copying = reading + read, copying + copied
    return len(order) / reading, len(order) / copying


def _copy(memory: np.ndarray, rows: Sequence[int], out: np.ndarray) -> None:
    for i, row in enumerate(rows):
        np.copyto(out[i], memory[row])


def _fill_rate(made: MadeReports, turn: int) -> float:
    images: dict[str, Path] = {image.stem: image for image in made.images}
    folder = made.folder / "filled" / str(turn)
    return len(images) / seconds_of(lambda: open_cache(folder, _SPEC, images, workers=1, progress=False))

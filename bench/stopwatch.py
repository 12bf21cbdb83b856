"""Seconds by the clock, and one core for what is measured per core."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2


def seconds_of(work: Callable[[], object]) -> float:
    """Return the wall-clock seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def seconds_of_pair(first: Callable[[], object], second: Callable[[], object], turn: int) -> tuple[float, float]:
    """Time two calls one after the other, the second first in odd turns, so that drift and warm files favour none."""
    if turn % 2 == 0:
        return seconds_of(first), seconds_of(second)
    late = seconds_of(second)
    return seconds_of(first), late


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and the processes it starts, on one core while the block runs."""
    cores, threads = os.sched_getaffinity(0), cv2.getNumThreads()
    os.sched_setaffinity(0, {min(cores)})
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        cv2.setNumThreads(threads)

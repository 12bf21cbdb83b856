"""What makes a training repeatable, set for its duration and put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def reproducible(seed: int, num_threads: int | None, device: torch.device) -> Iterator[None]:
    """Seed torch, and on the CPU demand deterministic algorithms; the caller's state comes back at the end.

    Args:
        seed: for weights.
        num_threads: CPU threads; None leaves torch's number.
        device: on a GPU, algorithms stay free to be fast.
    """
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    gpus = [device.index or 0] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(seed)
        torch.set_num_threads(num_threads or threads)
        torch.use_deterministic_algorithms(deterministic or device.type == "cpu")
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)

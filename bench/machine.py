"""Where it was measured. A number without its machine and its load says nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from ecgcore.reports.batch.report_batch import usable_cores
from ecgcore.reports.file.poppler import poppler_version


@dataclass(frozen=True)
class Machine:
    """The machine and how busy it was.

    Args:
        processor: model name.
        cores: that this process may use.
        memory_gb: physical, 10^9 bytes.
        python, torch, poppler: versions.
        threads: of torch.
        load: processes that ran or wanted to, mean of the last minute, before the first measurement.
    """

    processor: str
    cores: int
    memory_gb: float
    python: str
    torch: str
    threads: int
    poppler: str
    load: float

    def __str__(self) -> str:
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gb:.0f} GB; Python {self.python}, torch {self.torch} "
            f"({self.threads} threads, CPU), {self.poppler}; load {self.load:.1f} at the start"
        )


def this_machine() -> Machine:
    """Return what this machine is now.

    Raises:
        PopplerError: Poppler is not installed.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    versions = platform.python_version(), torch.__version__, torch.get_num_threads()
    return Machine(_processor(), usable_cores(), memory, *versions, poppler_version(), os.getloadavg()[0])


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())

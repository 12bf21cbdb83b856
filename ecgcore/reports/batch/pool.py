"""Warm worker processes that outlive a file but not a batch."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

import ecgcore
from ecgcore.errors import EcgError
from ecgcore.reports.batch.report_file import ReportFile
from ecgcore.reports.batch.result import ReadResult
from ecgcore.reports.batch.worker import Setup

log = logging.getLogger(__name__)
_START_SECONDS = 60.0  # the first answer also waits for the imports
_STOP_SECONDS = 5.0
_REUSED_BYTES = str(1 << 28)  # below it glibc keeps freed memory, so that no page is faulted in anew for each file
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": _REUSED_BYTES,
    "MALLOC_TRIM_THRESHOLD_": _REUSED_BYTES,
    "MALLOC_ARENA_MAX": "1",
}


@dataclass(frozen=True)
class Job:
    """One file and its place in the batch."""

    index: int
    file: ReportFile
    attempt: int = 1


@dataclass(frozen=True)
class Answer:
    """What became of a job.

    Args:
        job: the job.
        result: the worker's result, None if the worker was lost.
        died: how the worker ended (``signal 9``), if it did.
        late: the worker was stopped because the job took too long.
    """

    job: Job
    result: ReadResult | None
    died: str | None = None
    late: bool = False


class Worker:
    """One process and its pipe; at most one job at a time."""

    def __init__(self, setup: Setup) -> None:
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ecgcore.reports.batch.worker", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=_environment(),
        )
        theirs.close()
        self.pipe = Connection(ours.detach())
        self.job: Job | None = None
        self.deadline = 0.0
        self._seconds = setup.limits.file_seconds
        self._grace = _START_SECONDS
        self.pipe.send(setup)

    def give(self, job: Job) -> None:
        self.job = job
        self.deadline = time.monotonic() + self._seconds + self._grace
        self._grace = 0.0
        self.pipe.send(job.file)

    def take(self) -> Answer:
        """Receive the answer, or learn that the process has died.

        Raises:
            EcgError: the batch cannot go on, for example because the disk is full.
        """
        job = self._finished()
        try:
            answer = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            return Answer(job, None, died=self.stop())
        if isinstance(answer, EcgError):
            raise answer
        return Answer(job, answer)

    def give_up(self) -> Answer:
        """Stop the process because its job is late."""
        job = self._finished()
        self.stop()
        return Answer(job, None, late=True)

    def _finished(self) -> Job:
        if self.job is None:
            raise RuntimeError("a worker without a job has no answer")
        job, self.job = self.job, None
        return job

    def retire(self) -> None:
        """Let an idle process end by itself."""
        try:
            self.pipe.send(None)
            self.process.wait(_STOP_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            log.info("a reading worker did not end by itself and is stopped")
        self.stop()

    def stop(self) -> str:
        """End the process and what it started, remove its temporary files, and return how it ended."""
        code = self.process.poll()
        if code is None:
            try:
                code = self.process.wait(0.2)
            except subprocess.TimeoutExpired:
                code = None
        _kill_group(self.process.pid)
        self.process.wait()
        self.pipe.close()
        _remove_leftovers(self.process.pid)
        code = self.process.returncode if code is None else code
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class WorkerPool:
    """A number of workers, replaced when they die. Use as a context manager.

    Args:
        setup: what each worker knows.
        size: number of processes, at least 1.
    """

    def __init__(self, setup: Setup, size: int) -> None:
        self._setup = setup
        self._size = size
        self._workers: list[Worker] = []

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop() if worker.job else worker.retire()
        self._workers = []

    @property
    def has_room(self) -> bool:
        return len(self._busy()) < self._size

    @property
    def is_busy(self) -> bool:
        return bool(self._busy())

    def give(self, job: Job) -> None:
        """Hand a job to an idle worker, starting one if there is none; call only if ``has_room``."""
        idle = [w for w in self._workers if w.job is None]
        worker = idle[0] if idle else self._start()
        try:
            worker.give(job)
        except OSError:  # it died while idle; the answer will say so, and the job is tried again
            log.info("a reading worker had ended before its next file")

    def answers(self) -> Iterator[Answer]:
        """Wait until at least one worker answers, dies or is late, and yield what became of its job."""
        busy = self._busy()
        patience = max(0.0, min(w.deadline for w in busy) - time.monotonic())
        ready = wait([w.pipe for w in busy], timeout=patience)
        now = time.monotonic()
        for worker in busy:
            if worker.pipe in ready:
                yield self._kept(worker, worker.take())
            elif worker.deadline <= now:
                yield self._kept(worker, worker.give_up())

    def _kept(self, worker: Worker, answer: Answer) -> Answer:
        if answer.result is None:
            self._workers.remove(worker)
        return answer

    def _busy(self) -> list[Worker]:
        return [w for w in self._workers if w.job is not None]

    def _start(self) -> Worker:
        worker = Worker(self._setup)
        self._workers.append(worker)
        return worker


def _environment() -> dict[str, str]:
    package_root = str(Path(ecgcore.__path__[0]).parent)
    paths = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(paths)}


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        log.debug("a reading worker had ended with all it started")


def _remove_leftovers(pid: int) -> None:
    """Remove the pages and wrappers of a process that could not do so itself."""
    for parent in {tempfile.gettempdir(), "/dev/shm"}:  # noqa: S108 - only names with this process's number
        for left in Path(parent).glob(f"ecg-*-{pid}-*"):
            shutil.rmtree(left, ignore_errors=True)

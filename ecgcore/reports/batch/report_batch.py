"""Many reports: read by warm worker processes, stored, and yielded in the order of the input."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ecgcore.pseudonym import Pseudonymiser
from ecgcore.reports.batch.pool import Answer, Job, WorkerPool
from ecgcore.reports.batch.report_file import ReportFile
from ecgcore.reports.batch.result import ReadResult, refused
from ecgcore.reports.batch.worker import Setup
from ecgcore.reports.file.source import read_source
from ecgcore.reports.page.limits import DEFAULT_LIMITS, Limits
from ecgcore.reports.page.reason import Reason, RefusalError

_ATTEMPTS = 2  # a worker may be killed for what its neighbour did; the second time it is the file
_WINDOW_PER_WORKER = 64  # files that may overtake a slow one

Progress = Callable[[int], None]


def read_reports(
    files: Iterable[Path | ReportFile],
    image_dir: Path,
    pseudonymiser: Pseudonymiser | None,
    workers: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Iterator[ReadResult]:
    """Read files, store the canonical images of the good ones, and yield one result per file, in input order.

    A file that makes a worker crash or hang is refused like any other bad file, and the batch goes on. Memory does not
    grow with the number of files: they are taken as workers become free.

    Args:
        files: the files, or pages of them; may be a generator.
        image_dir: where images are stored; made if missing.
        pseudonymiser: used inside the workers; hospital numbers do not leave them. None leaves ``patient_id`` empty.
        workers: processes; by default one per usable core.
        limits: bounds on one file.
        progress: called with the number of files done so far, in the order in which they finish.

    Raises:
        StoreError: an image cannot be stored.
        PopplerError: Poppler is not installed.
        ValueError: fewer than one worker.
    """
    size = usable_cores() if workers is None else workers
    if size < 1:
        raise ValueError(f"workers must be at least 1, is {size}")
    with WorkerPool(Setup(Path(image_dir), pseudonymiser, limits), size) as pool:
        yield from _in_order(pool, Backlog(files), size * _WINDOW_PER_WORKER, limits, progress)


def usable_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Backlog:
    """The files that no worker has yet, in order, and those that deserve another attempt."""

    def __init__(self, files: Iterable[Path | ReportFile]) -> None:
        self._fresh = iter(files)
        self._given = 0
        self._again: list[Job] = []

    def take(self, before: int) -> Job | None:
        """Return the next job, none whose index is ``before`` or more; None if there is none now."""
        if self._again:
            return self._again.pop()
        if self._given >= before:
            return None
        file = next(self._fresh, None)
        if file is None:
            return None
        self._given += 1
        return Job(self._given - 1, file if isinstance(file, ReportFile) else ReportFile(Path(file)))

    def retry(self, job: Job) -> None:
        self._again.append(replace(job, attempt=job.attempt + 1))


def _in_order(
    pool: WorkerPool, backlog: Backlog, window: int, limits: Limits, progress: Progress | None
) -> Iterator[ReadResult]:
    finished: dict[int, ReadResult] = {}
    following, done = 0, 0
    while True:
        _fill(pool, backlog, following + window)
        if not pool.is_busy:
            return
        for answer in pool.answers():
            result = _result(answer, limits)
            if result is None:
                backlog.retry(answer.job)
                continue
            finished[answer.job.index] = result
            done += 1
            if progress:
                progress(done)
        while following in finished:
            yield finished.pop(following)
            following += 1


def _fill(pool: WorkerPool, backlog: Backlog, before: int) -> None:
    """Give jobs to idle workers, none that is further ahead than ``before``."""
    while pool.has_room:
        job = backlog.take(before)
        if job is None:
            return
        pool.give(job)


def _result(answer: Answer, limits: Limits) -> ReadResult | None:
    """Return the result of a job, or None if it deserves another attempt."""
    if answer.result is not None:
        return answer.result
    if answer.late:
        return _lost(answer.job.file, limits, Reason.TOO_SLOW, f"more than {limits.file_seconds:g} s")
    if answer.job.attempt < _ATTEMPTS:
        return None
    return _lost(answer.job.file, limits, Reason.UNREADABLE, f"reading it crashed ({answer.died})")


def _lost(file: ReportFile, limits: Limits, reason: Reason, value: str) -> ReadResult:
    """Return the result of a file whose worker was lost; only its bytes are read here."""
    try:
        source = read_source(file.path, limits)
    except RefusalError as e:
        return refused(file.path, "", 0, Reason(e.reason), e.value)
    return refused(file.path, file.identity(source.sha256), source.size_bytes, reason, value)

"""One worker process: takes files from a pipe, returns results, keeps identifiers to itself.

Started as ``python -m ecgcore.reports.batch.worker <descriptor>`` by ``WorkerPool``: a fresh interpreter, so that it
inherits neither threads nor memory of its parent, and its parent's main module is not run again.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import cv2

from ecgcore.errors import EcgError
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.reports.batch.report_file import ReportFile
from ecgcore.reports.batch.result import ReadResult, refused
from ecgcore.reports.file.image_store import image_path, store_image
from ecgcore.reports.file.source import Source, read_source
from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.reason import Caution, Reason, RefusalError
from ecgcore.reports.printed.printed import Printed, is_named_in
from ecgcore.reports.report import Report, report_of


@dataclass(frozen=True)
class Setup:
    """What every worker of a batch knows.

    Args:
        image_dir: where canonical images are stored.
        pseudonymiser: turns printed hospital numbers into pseudonyms; None leaves ``patient_id`` empty.
        limits: bounds on one file.
    """

    image_dir: Path
    pseudonymiser: Pseudonymiser | None
    limits: Limits


def read_one(file: ReportFile, setup: Setup) -> ReadResult:
    """Read one file, or one page of it, store its canonical image, and return what it came to.

    Raises:
        StoreError: the image cannot be stored. That is no fault of the file.
        PopplerError: Poppler is not installed.
    """
    started = time.perf_counter()
    try:
        source = read_source(file.path, setup.limits)
    except RefusalError as e:
        return refused(file.path, "", 0, Reason(e.reason), e.value)
    opened = time.perf_counter() - started
    try:
        report = report_of(source, setup.limits, number=file.page)
    except RefusalError as e:
        identity = file.identity(source.sha256)
        return refused(file.path, identity, source.size_bytes, Reason(e.reason), e.value, e.pages)
    return _stored(file, source, report, setup, opened)


def _stored(file: ReportFile, source: Source, report: Report, setup: Setup, opened: float) -> ReadResult:
    started = time.perf_counter()
    sha256 = store_image(report.image, setup.image_dir)
    storing = time.perf_counter() - started
    printed = report.printed
    patient, doubts = _patient(printed, setup.pseudonymiser)
    return ReadResult(
        path=file.path,
        sha256=file.identity(source.sha256),
        size_bytes=source.size_bytes,
        ok=True,
        ecg_format=report.format.name,
        image_sha256=sha256,
        image_path=image_path(sha256),
        patient_id=patient,
        ecg_date=printed.ecg_date if printed else None,
        hn_ambiguous=bool(printed and printed.ambiguous),
        possible_dates=printed.possible_dates if printed else (),
        cautions=(*report.cautions, *doubts, *_name_cautions(file.path, printed), *report.unverified),
        details={**report.details, **report.unverified},
        timings=replace(report.timings, rendering=report.timings.rendering + opened, storing=storing),
    )


def _patient(printed: Printed | None, pseudonymiser: Pseudonymiser | None) -> tuple[str | None, tuple[Caution, ...]]:
    """Return the pseudonym of the printed number; a number that has not the hospital's form is none that is certain."""
    if printed is None or printed.hn is None or pseudonymiser is None:
        return None, ()
    if not pseudonymiser.form.admits(printed.hn):
        return None, (Caution.NUMBER_UNCERTAIN,)
    return pseudonymiser.patient_id(printed.hn), ()


def _name_cautions(path: Path, printed: Printed | None) -> tuple[Caution, ...]:
    if printed is None or printed.hn is None or not is_named_in(printed.hn, path):
        return ()
    return (Caution.NAME_IDENTIFIES,)


def serve(pipe: Connection) -> None:
    """Answer files until None or the end of the pipe. An error that is no fault of the file is sent, not raised."""
    setup: Setup = pipe.recv()
    while (file := pipe.recv()) is not None:
        try:
            answer: ReadResult | EcgError = read_one(file, setup)
        except EcgError as e:
            answer = e
        pipe.send(answer)


def main() -> None:
    cv2.setNumThreads(1)  # the pool uses the cores
    try:
        serve(Connection(int(sys.argv[1])))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        sys.exit(1)  # the parent is gone, nobody waits for an answer


if __name__ == "__main__":
    main()

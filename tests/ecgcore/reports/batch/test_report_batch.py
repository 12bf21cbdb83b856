import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ecgcore.hospital_number import HospitalNumberForm
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.reports.batch import report_batch
from ecgcore.reports.batch.pool import Job, WorkerPool
from ecgcore.reports.batch.report_batch import read_reports
from ecgcore.reports.batch.report_file import ReportFile
from ecgcore.reports.batch.worker import Setup
from ecgcore.reports.file.image_store import StoreError, image_sha256, load_image
from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.reason import Caution, Reason
from ecgcore.settings import Settings

KEY = Pseudonymiser(b"a key for tests, not secret")


def test_results_come_in_order_with_everything_a_ledger_needs(old_pdf, new_pdf, tmp_path, old_report):
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.4 cut")
    paths = [old_pdf, bad, new_pdf, tmp_path / "absent.pdf", old_pdf]
    counts = []
    results = list(read_reports(iter(paths), tmp_path / "images", KEY, workers=2, progress=counts.append))
    assert [r.path for r in results] == paths
    assert [r.ok for r in results] == [True, False, True, False, True]
    assert counts == [1, 2, 3, 4, 5]
    first, cut = results[0], results[1]
    assert (first.ecg_format, results[2].ecg_format) == ("old", "new")
    assert first.patient_id == KEY.patient_id("12345678")
    assert first.ecg_date.isoformat() == "2018-03-12"
    assert first.image_sha256 == image_sha256(old_report.image) == results[4].image_sha256
    assert (load_image(tmp_path / "images" / first.image_path) == old_report.image).all()
    assert (cut.reason, cut.size_bytes) == (Reason.UNREADABLE, 12) and cut.hint
    assert min(first.timings.rendering, first.timings.cleaning, first.timings.storing) > 0


def test_nothing_identifying_is_in_a_result(old_pdf, tmp_path):
    (result,) = read_reports([old_pdf], tmp_path, KEY, workers=1)
    assert "345678" not in repr(result)


def test_a_name_that_holds_the_printed_number_is_a_caution(old_pdf, tmp_path):
    named = tmp_path / "inbox" / "HN 12-345678 somchai.pdf"
    named.parent.mkdir()
    named.write_bytes(old_pdf.read_bytes())
    results = read_reports([named, old_pdf], tmp_path / "images", KEY, workers=1)
    assert [Caution.NAME_IDENTIFIES in result.cautions for result in results] == [True, False]


def test_a_printed_number_that_has_not_the_hospital_s_form_is_no_patient_and_is_said(old_pdf, tmp_path):
    strict = replace(KEY, form=HospitalNumberForm(r"[A-Z]\d{6}"))
    (result,) = read_reports([old_pdf], tmp_path, strict, workers=1)
    assert result.ok and result.patient_id is None and Caution.NUMBER_UNCERTAIN in result.cautions


def test_a_killed_worker_costs_only_its_second_attempt(old_pdf, tmp_path):
    setup = Setup(tmp_path, KEY, Limits())
    with WorkerPool(setup, 1) as pool:
        pool.give(Job(0, ReportFile(old_pdf)))
        os.kill(_children("ecgcore.reports.batch.worker")[0].pid, signal.SIGKILL)
        (answer,) = pool.answers()
        assert (answer.result, answer.died) == (None, "signal 9")
        pool.give(Job(0, ReportFile(old_pdf), attempt=2))
        (again,) = pool.answers()
        assert again.result.ok


def test_a_file_that_kills_its_worker_is_quarantined_alone(old_pdf, hostile, tmp_path):
    """A thread ends every worker that renders the poisoned file; the others go on."""
    poisoned = tmp_path / "poisoned.pdf"
    poisoned.write_bytes(hostile.endless_drawing())
    stop = threading.Event()
    killer = threading.Thread(target=_kill_who_renders, args=(poisoned, stop))
    killer.start()
    try:
        results = list(read_reports([old_pdf, poisoned, old_pdf], tmp_path / "images", KEY, workers=1))
    finally:
        stop.set()
        killer.join()
    assert [r.ok for r in results] == [True, False, True]
    assert (results[1].reason, results[1].value) == (Reason.UNREADABLE, "reading it crashed (signal 9)")
    assert results[1].size_bytes == poisoned.stat().st_size and len(results[1].sha256) == 64
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(poisoned) in (p.info["cmdline"] or [])]


def _kill_who_renders(path: Path, stop: threading.Event) -> None:
    while not stop.wait(0.1):
        with suppress(psutil.Error):  # a process may end while it is looked at
            for worker in _children("ecgcore.reports.batch.worker"):
                if any(str(path) in child.cmdline() for child in worker.children(recursive=True)):
                    worker.kill()


def test_a_late_file_is_too_slow(hostile, tmp_path, old_pdf):
    slow = tmp_path / "slow.pdf"
    slow.write_bytes(hostile.endless_drawing())
    results = list(read_reports([old_pdf, slow, old_pdf], tmp_path / "images", KEY, 1, Limits(file_seconds=2.0)))
    assert [r.reason for r in results] == [None, Reason.TOO_SLOW, None]


def test_an_unwritable_store_stops_the_batch_with_its_own_error(old_pdf, tmp_path):
    blocker = tmp_path / "images"
    blocker.write_text("a file where the folder should be")
    with pytest.raises(StoreError):
        list(read_reports([old_pdf], blocker, KEY, workers=1))


def test_leaving_early_leaves_no_process_behind(old_pdf, tmp_path):
    results = read_reports([old_pdf] * 20, tmp_path, KEY, workers=2)
    next(results)
    results.close()
    assert _children("ecgcore.reports.batch.worker") == []


def test_by_default_every_core_that_this_process_may_use_reads(monkeypatch, tmp_path):
    sizes = []

    class Pool:
        def __init__(self, _setup, size):
            sizes.append(size)

        def __enter__(self):
            return SimpleNamespace()

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(report_batch, "WorkerPool", Pool)
    monkeypatch.setattr(report_batch, "_in_order", lambda *_: ())
    for cores in ({0, 1}, {1, 4, 5}):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: cores)
        list(read_reports([], tmp_path, KEY))
    assert sizes == [2, 3]
    assert Settings(_env_file=None).workers is None  # what an ingest hands on


def test_no_files_is_no_work(tmp_path):
    assert list(read_reports([], tmp_path, KEY)) == []
    with pytest.raises(ValueError, match="workers"):
        list(read_reports([], tmp_path, KEY, workers=0))


@pytest.mark.full
def test_memory_stays_flat_over_many_files(old_pdf, new_pdf, tmp_path):
    peaks = []
    strangers = {p.pid for p in psutil.Process().children(recursive=True)}  # servers of other tests

    def measure(done: int) -> None:
        if done % 5 == 0:
            family = [p for p in psutil.Process().children(recursive=True) if p.pid not in strangers]
            peaks.append(sum(_unshared_mib(p) for p in (psutil.Process(), *family)))

    before = _unshared_mib(psutil.Process())
    results = list(read_reports([old_pdf, new_pdf] * 30, tmp_path, KEY, workers=2, progress=measure))
    assert all(r.ok for r in results)
    print(f"peak {max(peaks):.0f} MiB of this process, two workers and Poppler")
    assert max(peaks) - before < 700
    assert max(peaks[-5:]) < 1.3 * max(peaks[:5])


def _unshared_mib(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().uss / 2**20
    except psutil.NoSuchProcess:  # Poppler's processes come and go
        return 0.0


def _children(module: str) -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if module in " ".join(p.cmdline())]


def test_the_worker_module_says_nothing_when_its_parent_is_gone(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import os,subprocess,sys;r,w=os.pipe();os.close(w);"
         "sys.exit(subprocess.run([sys.executable,'-m','ecgcore.reports.batch.worker',str(r)],pass_fds=(r,)).returncode)"],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")

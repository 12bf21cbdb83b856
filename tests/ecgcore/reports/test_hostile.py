import io
import os
import time

import pytest
from PIL import Image

from ecgcore.reports.page.limits import Limits
from ecgcore.reports.page.reason import HINTS, Reason, RefusalError
from ecgcore.reports.report import read_report


def reason_of(path, limits=None) -> Reason:
    with pytest.raises(RefusalError) as refused:
        read_report(path, limits or Limits())
    return Reason(refused.value.reason)


def test_every_reason_has_a_hint():
    assert set(HINTS) == set(Reason)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95, 0.995])
def test_a_truncated_pdf_is_unreadable(share, old_pdf, new_pdf, written):
    for pdf in (old_pdf, new_pdf):
        data = pdf.read_bytes()
        assert reason_of(written(data[: int(len(data) * share)])) is Reason.UNREADABLE


def test_a_pdf_with_a_hole_is_never_accepted(old_pdf, written):
    data = old_pdf.read_bytes()
    hole = data[: len(data) // 3] + data[2 * len(data) // 3 :]
    with pytest.raises(RefusalError):
        read_report(written(hole))


def test_a_password_is_needed(paper, written):
    assert reason_of(written(paper.old_pdf(password="secret"))) is Reason.ENCRYPTED


def test_content_and_name_must_agree(new_page, written, tmp_path):
    png = io.BytesIO()
    new_page.resize((330, 255)).save(png, "PNG")
    assert reason_of(written(png.getvalue(), "report.pdf")) is Reason.NOT_A_REPORT_FILE
    assert reason_of(written(b"\x00\x01\x02" * 50, "notes.docx")) is Reason.NOT_A_REPORT_FILE
    os.mkfifo(fifo := tmp_path / "pipe.pdf")
    assert reason_of(fifo) is Reason.NOT_A_REPORT_FILE
    assert reason_of(written(b"hello", "report.png")) is Reason.NOT_A_REPORT_FILE


def test_empty_missing_and_garbage_files_are_unreadable(written, tmp_path):
    assert reason_of(written(b"")) is Reason.UNREADABLE
    assert reason_of(written(b"garbage" * 100)) is Reason.UNREADABLE
    assert reason_of(tmp_path / "absent.pdf") is Reason.UNREADABLE
    assert reason_of(tmp_path) is Reason.UNREADABLE
    assert reason_of(written(b"%PDF-1.4\n" + os.urandom(2000) + b"\nstartxref\n12\n%%EOF\n")) is Reason.UNREADABLE


def test_a_pdf_without_pages_is_refused(hostile, written):
    assert reason_of(written(hostile.tiny_pdf(b"", pages=0))) in (Reason.NO_PAGE, Reason.UNREADABLE)


def test_a_blank_page_is_blank(hostile, written):
    assert reason_of(written(hostile.tiny_pdf(b"1 1 1 rg 10 10 20 20 re f"))) is Reason.BLANK_PAGE


@pytest.mark.parametrize("inches", [50, 200])
def test_a_huge_page_is_too_large_before_it_is_drawn(inches, hostile, written):
    path = written(hostile.tiny_pdf(b"0 0 m 9 9 l S", media_box=f"0 0 {72 * inches} {72 * inches}"))
    assert reason_of(path) is Reason.TOO_LARGE


def test_a_small_page_has_the_wrong_geometry(hostile, written):
    assert reason_of(written(hostile.tiny_pdf(b"0 0 m 9 9 l S", media_box="0 0 612 792"))) is Reason.WRONG_GEOMETRY


def test_too_many_pages_are_too_large(paper, written):
    assert reason_of(written(paper.old_pdf(pages=500))) is Reason.TOO_LARGE


def test_too_many_bytes_are_too_large(old_pdf):
    assert reason_of(old_pdf, Limits(max_bytes=1000)) is Reason.TOO_LARGE


@pytest.mark.slow
def test_a_page_that_draws_for_ever_is_stopped(hostile, written):
    started = time.monotonic()
    assert reason_of(written(hostile.endless_drawing()), Limits(seconds=2)) in (Reason.TOO_SLOW, Reason.UNREADABLE)
    assert time.monotonic() - started < 30


def test_picture_bombs_are_refused_before_they_are_decoded(hostile, written):
    assert reason_of(written(hostile.jpeg_header(60_000, 60_000), "a.jpg")) is Reason.TOO_LARGE
    assert reason_of(written(hostile.png_bomb(20_000, 15_000), "a.png")) is Reason.TOO_LARGE


def test_damaged_pictures_are_unreadable(new_page, written):
    jpeg = io.BytesIO()
    new_page.resize((1650, 1275)).save(jpeg, "JPEG")
    assert reason_of(written(jpeg.getvalue()[:20_000], "a.jpg")) is Reason.UNREADABLE
    assert reason_of(written(hostile_png(), "a.png")) is Reason.UNREADABLE


def hostile_png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (3300, 2550), "white").save(out, "PNG")
    data = bytearray(out.getvalue())
    data[60:90] = bytes(30)
    return bytes(data)


def test_no_page_stays_behind(hostile, written):
    from pathlib import Path
    from tempfile import gettempdir

    before = {p for d in (gettempdir(), "/dev/shm") for p in Path(d).glob(f"ecg-page-{os.getpid()}-*")}
    reason_of(written(hostile.tiny_pdf(b"0 0 m 9 9 l S", media_box="0 0 9000 9000")))
    after = {p for d in (gettempdir(), "/dev/shm") for p in Path(d).glob(f"ecg-page-{os.getpid()}-*")}
    assert after == before == set()

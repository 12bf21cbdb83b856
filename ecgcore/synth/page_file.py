"""Writes the PDF of an entry, sound or faulty."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from ecgcore.errors import SettingsError
from ecgcore.synth.drawing.draw import report_page
from ecgcore.synth.drawing.layout import DPI, PT_PER_PX
from ecgcore.synth.drawing.page_header import Header
from ecgcore.synth.drawing.pdf import Page, Raster, build_pdf, text_operator
from ecgcore.synth.entry import Entry, PageKind
from ecgcore.synth.record import draw_record

_KEPT_SHARE = 0.6  # of a truncated file
_RENDER_LIMIT_S = 60
_LETTER_LINES = (
    "Outpatient clinic",
    "Appointment letter",
    "Please come to the registration desk thirty minutes before your visit.",
    "Bring your card and the list of the medicines that you take.",
    "Do not eat or drink for six hours before the examination.",
)


def entry_page(entry: Entry, seed: int) -> Page:
    """Draw the report of an entry of the hospital with this seed."""
    study = entry.study
    record = draw_record(seed, study)
    header = Header(study.name, entry.printed_hn, study.taken, study.age, study.female, round(record.rhythm.rate))
    return report_page(record.signals, record.fs, study.fmt, study.paper, header)


def other_document(entry: Entry) -> Page:
    """A page that is no ECG: a letter to the patient."""
    width, height = entry.study.paper.points
    texts = (*_LETTER_LINES, f"Date {entry.study.day:%Y-%m-%d}   Letter {entry.run_num}", entry.study.name)
    lines = (text_operator(text, 72, height - 90 - 24 * i, 12) for i, text in enumerate(texts))
    return Page(width, height, b"0 g\n" + b"".join(lines))


def _read_ppm(data: bytes) -> Raster:
    magic, size, depth, pixels = data.split(b"\n", 3)
    if magic != b"P6" or depth != b"255":
        raise SettingsError("pdftoppm", "must write 8-bit PPM", "install poppler-utils 22 or newer")
    width, height = (int(number) for number in size.split())
    return Raster(width, height, pixels)


def _rendered(page: Page) -> Raster:
    """The page's pixels at 300 dpi by poppler."""
    if shutil.which("pdftoppm") is None:
        raise SettingsError("pdftoppm", "is needed to make a scanned page", "install the package poppler-utils")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.pdf"
        source.write_bytes(build_pdf([page]))
        command = ["pdftoppm", "-r", str(DPI), "-singlefile", str(source), str(Path(folder) / "page")]
        subprocess.run(command, check=True, capture_output=True, timeout=_RENDER_LIMIT_S)
        return _read_ppm((Path(folder) / "page.ppm").read_bytes())


def scanned(page: Page) -> Page:
    """The page as a lossless raster at 300 dpi that fills it, without any text."""
    raster = _rendered(page)
    return Page(raster.width * PT_PER_PX, raster.height * PT_PER_PX, raster=raster)


def entry_pdf(entry: Entry, seed: int) -> bytes:
    """The bytes of an entry's PDF; ``PageKind.ABSENT`` has none and gives no bytes."""
    width, height = entry.study.paper.points
    match entry.page:
        case PageKind.ABSENT:
            return b""
        case PageKind.BLANK:
            return build_pdf([Page(width, height, b"%% %d\n" % entry.run_num)])  # else all blank files are one
        case PageKind.OTHER_DOCUMENT:
            return build_pdf([other_document(entry)])
    page = entry_page(entry, seed)
    match entry.page:
        case PageKind.TWO_PAGES:
            return build_pdf([page, other_document(entry)])
        case PageKind.SCAN:
            return build_pdf([scanned(page)])
        case PageKind.TRUNCATED:
            whole = build_pdf([page])
            return whole[: int(len(whole) * _KEPT_SHARE)]
    return build_pdf([page])


def write_entry(entry: Entry, seed: int, out: Path) -> int:
    """Write every ECG file of an entry under ``out``; returns how many."""
    data = entry_pdf(entry, seed)
    for path, _ in entry.files:
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return len(entry.files)

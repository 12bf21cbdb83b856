"""What is unusual about a report reaches the person who looks after the data."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import PageFacts, SourceFile
from ecgcore.reports.page.reason import Caution
from ecgcore.synth.drawing.draw import report_page
from ecgcore.synth.drawing.layout import EcgFormat, Paper
from ecgcore.synth.drawing.page_header import Header
from ecgcore.synth.drawing.pdf import write_pdf
from ecgcore.synth.patient import draw_study
from ecgcore.synth.record import draw_record
from tasks.inbox.closing import caution_details_of, cautions_of


def file(path: str, sha256: str, *cautions: Caution, read: bool = True) -> SourceFile:
    page = PageFacts("new", "a" * 64, "x.png", cautions=cautions) if read else None
    return SourceFile(path, sha256, 1, FileKind.ECG, page)


def test_what_more_is_known_of_a_caution_is_said_by_path() -> None:
    page = PageFacts("new", "a" * 64, "x.png", cautions=(Caution.FLAT_LEAD,), details={Caution.FLAT_LEAD: "V3"})
    flat = SourceFile("ecg/a.pdf", "1", 1, FileKind.ECG, page)
    assert caution_details_of([flat, file("ecg/b.pdf", "2", Caution.GRID_LEFT)]) == {
        Caution.FLAT_LEAD: {"ecg/a.pdf": "V3"}
    }


def test_every_content_is_named_once_with_each_of_its_cautions() -> None:
    both = (Caution.GRID_LEFT, Caution.TRACE_LEAVES_BOX)
    files = [
        file("ecg/b.pdf", "1", Caution.TRACE_LEAVES_BOX),
        file("ecg/a.pdf", "2", *both),
        file("ecg/copy of a.pdf", "2", *both),
        file("ecg/good.pdf", "3"),
        file("ecg/known.pdf", "4", read=False),
    ]
    assert cautions_of(files) == {
        Caution.GRID_LEFT: ("ecg/a.pdf",),
        Caution.TRACE_LEAVES_BOX: ("ecg/a.pdf", "ecg/b.pdf"),
    }


@pytest.mark.e2e
@pytest.mark.slow
def test_a_scan_is_named_in_summary_and_page(cli: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "ecg"
    folder.mkdir(parents=True)
    scan(folder / "scan.pdf", tmp_path)
    summary = cli("ingest", tmp_path / "inbox", "--json").json()
    assert (summary["files"], summary["waiting"]) == (1, 1)
    assert "ecg/scan.pdf" in summary["cautions"]["grid-by-colour"]
    assert "grid-by-colour" in Path(summary["page"]).read_text(encoding="utf-8")
    assert cli("ingest", tmp_path / "inbox", "--json").json()["cautions"] == {}


def scan(out: Path, folder: Path) -> None:
    """Write a new-format page as a PDF that holds nothing but a JPEG."""
    study = replace(draw_study(7, 0), fmt=EcgFormat.NEW, paper=Paper.LETTER)
    header = Header("", "", datetime(2018, 3, 12))
    signals = draw_record(7, study).signals
    write_pdf([report_page(signals, 500, EcgFormat.NEW, Paper.LETTER, header)], folder / "page.pdf")
    subprocess.run(["pdftoppm", "-r", "300", "-singlefile", folder / "page.pdf", folder / "page"], check=True)
    with Image.open(folder / "page.ppm") as page:
        page.save(out, "PDF", quality=85, resolution=300)

"""`ECG_SPLIT_PDF`: a batch export of several patients is read page by page, and the counts add up."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ecgcore.synth.drawing.draw import report_page
from ecgcore.synth.drawing.layout import EcgFormat, Paper
from ecgcore.synth.drawing.page_header import Header
from ecgcore.synth.drawing.pdf import Page, text_operator, write_pdf
from ecgcore.synth.patient import draw_study
from ecgcore.synth.record import FS, draw_record
from tests.flows.commandline import Cli
from tests.flows.trap import killed_at

pytestmark = pytest.mark.e2e

ON = {"ECG_SPLIT_PDF": "true", "ECG_PSEUDONYM_KEY": "one key for all homes, so that they can be compared"}
TABLE = """file_name,hn,cmr_date,ecg_date,scar_cad,lvef
batch.pdf,12345678,2018-03-04,2018-03-04,1,35
batch.pdf,87654321,2019-05-06,2019-05-06,0,60
"""
STATES = {
    "cmr/t.csv": ("accepted", ""),
    "ecg/batch.pdf": ("duplicate", "split-into-pages"),
    "ecg/batch.pdf#page=1": ("quarantined", "wrong-geometry"),
    "ecg/batch.pdf#page=2": ("accepted", ""),
    "ecg/batch.pdf#page=3": ("accepted", ""),
}


def _report(number: int, hn: str, day: datetime, fmt: EcgFormat) -> Page:
    study = replace(draw_study(number, 0), fmt=fmt, paper=Paper.A4)
    header = Header("Brato Kelimun", hn, day, 71, True, 72)
    return report_page(draw_record(number, study).signals, FS, fmt, Paper.A4, header)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox with one PDF: a portrait letter and the ECGs of two patients. Copy it, do not change it."""
    inbox = tmp_path_factory.mktemp("batch") / "inbox"
    for name in ("ecg", "cmr"):
        (inbox / name).mkdir(parents=True)
    (inbox / "cmr" / "t.csv").write_text(TABLE, encoding="utf-8")
    lines = (text_operator("Dear colleague, please find the ECGs enclosed.", 60, y, 12) for y in range(100, 700, 20))
    letter = Page(595.2, 841.92, b"\n".join(lines))
    first = _report(1, "12345678", datetime(2018, 3, 4, 9, 30), EcgFormat.OLD)
    second = _report(2, "87654321", datetime(2019, 5, 6, 9, 30), EcgFormat.NEW)
    write_pdf([letter, first, second], inbox / "ecg" / "batch.pdf")
    return inbox


@pytest.fixture
def inbox(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "inbox")


def test_switched_on_later_it_splits_what_was_refused_and_then_nothing_is_new(
    cli: Cli, books_of: Callable[..., Any], inbox: Path
) -> None:
    off = {**ON, "ECG_SPLIT_PDF": "false"}
    refused = cli("ingest", inbox, "--json", **off).json()
    assert (refused["files"], refused["by_rule"]["several-pages"]) == (2, 1)

    found = cli("ingest", inbox, "--again", "--json", **ON).json()
    assert (found["files"], found["accepted"], found["quarantined"], found["duplicates"]) == (5, 3, 1, 1)
    assert (found["new"], found["read_again"], found["studies"]["new"]) == (3, 1, 2)
    books = books_of(cli.home)
    assert books.files() == STATES
    assert "ecg/batch.pdf#page=2" in Path(found["page"]).read_text(encoding="utf-8")
    totals = books.totals()

    for more in (ON, off):
        same = cli("ingest", inbox, "--json", **more).json()
        assert (same["files"], same["new"], same["read_again"], same["returned"]) == (5, 0, 0, 0)
    letter = cli("ingest", inbox, "--again", "--json", **ON).json()
    assert (letter["new"], letter["read_again"], letter["files"]) == (0, 1, 5)
    changed = {name for name, count in books.totals().items() if count != totals[name]}
    assert changed <= {"batch", "audit_event"}
    assert (books.files(), len(books.studies())) == (STATES, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "name", "when"),
    [("flows.ingest", "_split", "before"), ("ecgcore.ledger.ledger", "Ledger.record_batch", "after")],
)
def test_killed_at_any_place_it_ends_where_an_uninterrupted_run_ends(
    cli: Cli, books_of: Callable[..., Any], inbox: Path, place: str, name: str, when: str
) -> None:
    killed_at(cli, place, name, when, "ingest", inbox, **ON)
    assert cli("ingest", inbox, **ON).code == 0
    books = books_of(cli.home)
    assert (books.files(), len(books.studies())) == (STATES, 2)

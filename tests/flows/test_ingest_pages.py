"""The pages of an ingest count what its tables of states count, and name every file to correct."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ecgcore.cmr.rules.finding import Finding, RowFault
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.counts import file_states
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile, SourceRow
from ecgcore.ledger.ledger import Ledger
from ecgcore.pages.ingest_page import ingest_document
from ecgcore.pages.markdown import render_markdown
from ecgcore.pages.quarantine_page import quarantine_document
from tasks.inbox.ingest_pages import page_of, quarantine_of
from tasks.inbox.ingest_summary import IngestSummary
from tasks.validation.steward_rows import write_steward_rows

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DAY = date(2019, 3, 4)
BLANK = SourceFile("ecg/blank.pdf", "b" * 64, 9, FileKind.ECG, fault=Finding("blank-page", "0", "scan again"))
FACTS = PageFacts("new", "e" * 64, "ee/e.png", None, None)


def table(name: str, letter: str) -> tuple[SourceFile, SourceRow]:
    """A table with one row of an impossible LVEF."""
    file = SourceFile(f"cmr/{name}.csv", letter * 64, 9, FileKind.TABLE)
    cells = {"file_name": f"{name}.pdf", "patient_id": "P" + letter * 20, "study_id": "S" + letter * 20,
             "ecg_date": DAY, "cmr_date": DAY, "labels": {"lvef_percent": 150.0}, "raw": '{"lvef": "150"}'}  # fmt: skip
    fault = RowFault("lvef-range", "150", "give percent")
    return file, SourceRow(row_id=f"{letter * 16}:2", table_sha256=file.sha256, row=2, cells=cells, fault=fault)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


def ingest(ledger: Ledger, home: Path, name: str, files: list[SourceFile], rows: list[SourceRow]) -> IngestSummary:
    done = ledger.record_batch(IngestBatch(name, files, rows), now=NOW)
    entries = tuple(ledger.open_entries())
    with ledger.reading() as connection:
        found = tuple(file_states(connection, files))
    to_correct = write_steward_rows(entries, home, name)
    return IngestSummary(done, found, entries, {}, (), {}, home / "page.html", to_correct, None)


def test_quarantined_rows_are_counted_by_rule_and_stay_on_the_page_until_they_are_released(ledger, tmp_path):
    first, bad = table("first", "a")
    second, worse = table("second", "c")
    ingest(ledger, tmp_path, "b1", [first], [bad])
    later = ingest(ledger, tmp_path, "b2", [first, second, BLANK], [worse])
    files = (tmp_path / "b1" / "rows.csv", tmp_path / "b2" / "rows.csv")
    assert (later.to_correct, later.rows_csv) == (files, files[1])
    page = page_of(later, "inbox", NOW)
    assert {rule.rule: (rule.files, rule.rows) for rule in page.rules} == {
        "lvef-range": (0, 2), "rows": (2, 0), "blank-page": (1, 0)
    }  # fmt: skip
    text = render_markdown(ingest_document(page))
    assert "Files and rows in quarantine: 5." in text and all(str(path) in text for path in files)
    everything = render_markdown(quarantine_document(quarantine_of(later, "inbox", NOW)))
    assert (
        "3 open entries" in everything
        and "| cmr/second.csv | 2 | 2026-11-20 | lvef-range | 150 | give percent |" in everything
    )


def test_an_ingest_that_only_reads_a_report_again_gives_its_rows_a_file(ledger, tmp_path):
    file, row = table("x", "a")
    good = replace(row, cells={**row.cells, "labels": {"lvef_percent": 55.0}}, fault=None)
    slow = SourceFile("ecg/x.pdf", "d" * 64, 9, FileKind.ECG, fault=Finding("too-slow", "60 s", "again"))
    ingest(ledger, tmp_path, "b1", [file, slow], [good])
    another_patient = replace(slow, page=replace(FACTS, patient_id="P" + "9" * 20), fault=None)
    again = IngestBatch("b2", [file, another_patient], again=frozenset({slow.sha256}))
    ledger.record_batch(again, now=NOW)
    written = write_steward_rows(ledger.open_entries(), tmp_path, "b2")
    assert written[-1] == tmp_path / "b2" / "rows.csv"
    assert "page-agrees-with-table" in written[-1].read_text(encoding="utf-8-sig")

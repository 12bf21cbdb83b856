"""Rows that are not of the cohort never become studies, whatever pages lie beside them: from table to ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from ecgcore.cmr.table.label_table import LabelTable, read_table
from ecgcore.ledger.db.tables import Row, Study
from ecgcore.ledger.decide.state import FileKind, State
from ecgcore.ledger.ingest.assembly import join_formats, row_faults
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile
from ecgcore.ledger.ingest.label_frame import source_rows
from ecgcore.ledger.ledger import Ledger
from ecgcore.pseudonym import Pseudonymiser
from tasks.validation import validate

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PSEUDONYMISER = Pseudonymiser(b"a test key, not a secret")
HEADER = "file_name,hn,cmr_date,ecg_date,scar_cad,lvef,age,pattern,new_cut,year,month\n"
PAGES = {"ecg/2018/02/1.pdf": ("7654321", date(2018, 2, 6)), "ecg/2018/03/1.pdf": ("1234567", date(2018, 3, 5))}


def page(path: str) -> SourceFile:
    """Return a report that prints the patient and day of its place."""
    hn, day = PAGES[path]
    sha256 = path.encode().hex().ljust(64, "0")[:64]
    facts = PageFacts("old", sha256, f"{sha256}.png", PSEUDONYMISER.patient_id(hn), day)
    return SourceFile(path, sha256, 1000, FileKind.ECG, facts)


def batch_of(name: str, pages: list[SourceFile], table: LabelTable | None) -> IngestBatch:
    """Read, validate and assemble as the ingest does."""
    if table is None:
        return IngestBatch(name, pages)
    at_hand = [(each.path, each.page) for each in pages if each.page]
    report = validate(join_formats(table.rows, at_hand), batch_id=name)
    rows = source_rows(table.rows, table.sha256, PSEUDONYMISER.study_id, row_faults(report.failures))
    return IngestBatch(name, [*pages, SourceFile("cmr/t.csv", table.sha256, 100, FileKind.TABLE)], rows)


@pytest.mark.parametrize("right_page_waits", [False, True])
@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ("0,55,17,,0", "adult"),
        ("0,55,60,mid-wall,0", "non-ischaemic-pattern"),
        ("0,55,60,,1", "new-cut"),
        ("0,55,60,,0", None),
    ],
)
def test_another_patient_s_page_of_the_same_name_does_not_bring_an_excluded_row_back(
    tmp_path: Path, cells: str, rule: str | None, right_page_waits: bool
) -> None:
    (tmp_path / "t.csv").write_text(f"{HEADER}1.pdf,1234567,2018-03-05,2018-03-05,{cells},2018,3\n", encoding="utf-8")
    table = read_table(tmp_path / "t.csv", PSEUDONYMISER)
    wrong, right = (page(path) for path in PAGES)
    first = batch_of("b1", [right], None) if right_page_waits else IngestBatch("b1")
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        ledger.record_batch(first, now=NOW)
        ledger.record_batch(batch_of("b2", [wrong], table), now=NOW)
        ledger.record_batch(batch_of("b3", [right], None), now=NOW)
        with ledger.reading() as connection:
            states = connection.execute(select(Row.state, Row.rule)).all()
            studies = connection.execute(select(Study.study_id)).all()
    assert states == [(State.EXCLUDED if rule else State.ACCEPTED, rule)]
    assert len(studies) == (0 if rule else 1)

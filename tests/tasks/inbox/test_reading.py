"""Reading an inbox as the ingest does: what a content is follows its place, and it must not change meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from ecgcore.cmr.table.caution import TableCaution
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, SourceFile
from ecgcore.ledger.ingest.sighting import best_places
from ecgcore.ledger.ledger import Ledger
from ecgcore.pseudonym import Pseudonymiser
from tasks.inbox.listed import Listed
from tasks.inbox.reading import hash_files, read_tables
from tasks.inbox.storage import list_inbox

PSEUDONYMISER = Pseudonymiser(b"a test key, not a secret")
TABLE = "file_name,hn,cmr_date,ecg_date,lvef\na.pdf,1234567,2018-03-05,2018-03-05,55\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox" / "cmr" / "2026").mkdir(parents=True)
    (tmp_path / "inbox" / "ecg").mkdir()
    return tmp_path / "inbox"


def listed(inbox: Path) -> list[Listed]:
    return hash_files.fn(list_inbox(str(inbox)))


def sources(inbox: Path) -> list[SourceFile]:
    return [each.source() for each in listed(inbox)]


@pytest.mark.parametrize("place", ["cmr/2026/t.csv", "ecg/t.csv", "cmr/t.txt"])
def test_a_misplaced_table_that_is_moved_as_the_hint_says_is_to_be_read(
    tmp_path: Path, inbox: Path, place: str
) -> None:
    (inbox / place).write_text(TABLE, encoding="utf-8")
    found = listed(inbox)
    refused = read_tables.fn(found, PSEUDONYMISER)
    assert refused.tables == {}
    assert "label table" in refused.faults[found[0].sha256].hint
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        ledger.record_batch(IngestBatch("b1", [found[0].source(fault=refused.faults[found[0].sha256])]))
        assert ledger.unread(sources(inbox)) == frozenset()
        (inbox / place).rename(inbox / "cmr" / "t.csv")
        moved = listed(inbox)
        assert ledger.unread(sources(inbox)) == {moved[0].sha256} == {found[0].sha256}
    assert read_tables.fn(moved, PSEUDONYMISER).tables[moved[0].sha256].rows["lvef_percent"].tolist() == [55.0]


def test_a_content_at_several_places_is_read_where_it_says_most(inbox: Path) -> None:
    for place in ("cmr/2026/t.csv", "cmr/a.txt", "cmr/t.csv", "ecg/t.csv"):
        (inbox / place).write_text(TABLE, encoding="utf-8")
    (best,) = best_places(listed(inbox)).values()
    assert (best.file.relative, best.kind) == ("cmr/t.csv", FileKind.TABLE)


def test_a_table_saved_between_hashing_and_reading_is_left_for_the_next_ingest(inbox: Path) -> None:
    (inbox / "cmr" / "t.csv").write_text(TABLE, encoding="utf-8")
    before = listed(inbox)
    (inbox / "cmr" / "t.csv").write_text(TABLE.replace(",55", ",45"), encoding="utf-8")
    torn = read_tables.fn(before, PSEUDONYMISER)
    assert torn.tables == {}
    assert {sha256: fault.rule for sha256, fault in torn.faults.items()} == {before[0].sha256: "changed-while-read"}
    after = listed(inbox)
    assert after[0].sha256 != before[0].sha256
    assert read_tables.fn(after, PSEUDONYMISER).tables[after[0].sha256].rows["lvef_percent"].tolist() == [45.0]


def test_what_is_unusual_about_a_table_is_told_with_its_path_and_rows(inbox: Path) -> None:
    book = Workbook()
    for line in TABLE.splitlines() * 2:
        book.active.append(line.split(","))
    book.active.delete_rows(3)
    book.active.row_dimensions[2].hidden = True
    book.save(inbox / "cmr" / "t.xlsx")
    found = listed(inbox)
    assert read_tables.fn(found, PSEUDONYMISER).cautions(found) == {
        TableCaution.HIDDEN_ROWS: ("cmr/t.xlsx, row 2",),
    }

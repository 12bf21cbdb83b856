"""A PDF that was split: its pages stand for it, share its name, and go with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from ecgcore.cmr.rules import catalogue
from ecgcore.cmr.rules.finding import Finding
from ecgcore.ledger.db.tables import File, FileSighting, Study
from ecgcore.ledger.decide.state import FileKind, State
from ecgcore.ledger.ingest.ingest_batch import IngestBatch
from ecgcore.reports.page.pdf_page import page_path, page_sha256

DAY = date(2018, 3, 5)
HOUR = timedelta(hours=1)
LETTER = Finding("unknown-format", "grid, layout or lead names fit no known format", "send an upright report")
SEVERAL = Finding("several-pages", "2 pages: an ECG on page 1, 2", "send one report per file")
SPLIT = (State.DUPLICATE, "split-into-pages")


@pytest.fixture
def split(build):
    """Make a PDF that was split: the file itself, and a page of each patient, or with a fault where it has none."""

    def make(path: str, *patients: str | None, content: str = "") -> list:
        whole = build.ecg(path, content=content, fault=catalogue.SPLIT.found(f"{len(patients)} pages"))
        pages = [
            replace(
                build.ecg(page_path(path, n), hn=patient, day=DAY, picture=f"{whole.sha256} {n}", fault=None)
                if patient
                else build.ecg(page_path(path, n), fault=LETTER),
                sha256=page_sha256(whole.sha256, n),
            )
            for n, patient in enumerate(patients, 1)
        ]
        return [whole, *pages]

    return make


@pytest.fixture
def table(build):
    file = build.table("cmr/t.csv")
    return [file, *(build.row(file, 2 + n, "batch.pdf", hn, DAY) for n, hn in enumerate(["HN1", "HN2"]))]


def states(ledger):
    with ledger.reading() as connection:
        return {path: (s, rule) for path, s, rule in connection.execute(select(File.path, File.state, File.rule))}


def studies(ledger):
    query = select(File.path).join(Study, Study.file_sha256 == File.sha256).order_by(File.path)
    with ledger.reading() as connection:
        return connection.execute(query).scalars().all()


def assert_adds_up(ledger, total):
    files = ledger.counts().files
    assert sum(files.by_state.values()) == files.total == total


def test_rows_that_share_the_name_of_the_file_find_their_pages(ledger, build, now, split, table):
    batch = build.batch("b1", *split("ecg/batch.pdf", "HN1", None, "HN2", "HN3"), *table)
    recorded = ledger.record_batch(batch, now=now)
    assert (recorded.new_files, recorded.new_studies) == (6, 2)
    assert states(ledger) == {
        "cmr/t.csv": (State.ACCEPTED, None),
        "ecg/batch.pdf": SPLIT,
        "ecg/batch.pdf#page=1": (State.ACCEPTED, None),
        "ecg/batch.pdf#page=2": (State.QUARANTINED, "unknown-format"),
        "ecg/batch.pdf#page=3": (State.ACCEPTED, None),
        "ecg/batch.pdf#page=4": (State.WAITING, "label-row-missing"),
    }
    assert [entry.path for entry in ledger.open_entries()] == ["ecg/batch.pdf#page=2"]
    assert_adds_up(ledger, 6)
    again = ledger.record_batch(replace(batch, batch_id="b2"), now=now + HOUR)
    assert (again.new_files, again.new_duplicates, again.reread, again.returned, again.brought) == (0, 0, 0, 0, None)


def test_file_and_table_may_arrive_in_any_order(new_url, build, now, split, table):
    from ecgcore.ledger.ledger import Ledger

    for order in permutations([split("ecg/batch.pdf", "HN1", "HN2"), table]):
        with Ledger(new_url()) as ledger:
            there = []
            for number, portion in enumerate(order):
                there += portion
                ledger.record_batch(build.batch(f"b{number}", *there), now=now + number * HOUR)
            assert studies(ledger) == ["ecg/batch.pdf#page=1", "ecg/batch.pdf#page=2"]
            assert states(ledger)["ecg/batch.pdf"] == SPLIT


def test_pages_that_print_nothing_are_named_by_their_number(ledger, build, now, split):
    whole, *scans = split("ecg/batch.pdf", "HN1", "HN2")
    scans = [replace(scan, page=replace(scan.page, patient_id=None, ecg_date=None)) for scan in scans]
    bare, exact = build.table("cmr/bare.csv"), build.table("cmr/exact.csv")
    names = [build.row(bare, 2 + n, "batch.pdf", hn, DAY) for n, hn in enumerate(["HN1", "HN2"])]
    ledger.record_batch(build.batch("b1", whole, *scans, bare, *names), now=now)
    assert {states(ledger)[scan.path] for scan in scans} == {(State.QUARANTINED, "ambiguous-file-name")}
    rows = [build.row(exact, 2 + n, f"Batch.PDF#page={2 - n}", hn, DAY) for n, hn in enumerate(["HN3", "HN4"])]
    gone = build.row(exact, 4, "batch.pdf#page=3", "HN5", DAY)
    ledger.record_batch(build.batch("b2", whole, *scans, bare, *names, exact, *rows, gone), now=now + HOUR)
    with ledger.reading() as connection:
        found = dict(connection.execute(select(Study.row_id, Study.file_sha256)).all())
    assert found == {rows[0].row_id: scans[1].sha256, rows[1].row_id: scans[0].sha256}


def test_a_file_refused_before_is_split_when_it_is_read_again(ledger, build, now, split, table):
    whole, *pages = split("ecg/batch.pdf", "HN1", "HN2")
    ledger.record_batch(build.batch("b1", replace(whole, fault=SEVERAL), *table), now=now)
    rules = {entry.path: entry.finding.rule for entry in ledger.open_entries()}
    assert rules == {"ecg/batch.pdf": "several-pages", "cmr/t.csv": "one-study-per-ecg"}
    assert ledger.split([whole.sha256]) == {}
    anew = IngestBatch("b2", [whole, *pages, table[0]], again=frozenset([whole.sha256]))
    assert ledger.record_batch(anew, now=now + HOUR).new_studies == 2
    assert (ledger.open_entries(), states(ledger)["ecg/batch.pdf"]) == ([], SPLIT)
    assert ledger.split([whole.sha256, table[0].sha256]) == {whole.sha256: 2}
    assert ledger.refused([whole.sha256]) == frozenset()
    same = ledger.record_batch(replace(anew, batch_id="b3"), now=now + 2 * HOUR)
    assert (same.reread, same.returned, same.brought) == (0, 0, None)
    assert_adds_up(ledger, 4)


def test_a_refused_page_is_read_again_by_itself(ledger, build, now, split):
    whole, good, letter = split("ecg/batch.pdf", "HN1", None)
    ledger.record_batch(build.batch("b1", whole, good, letter), now=now)
    assert ledger.refused([whole.sha256, good.sha256, letter.sha256]) == {letter.sha256}


def test_another_content_at_its_path_takes_the_place_of_its_pages_and_may_leave_again(ledger, build, now, split):
    parts = split("ecg/batch.pdf", "HN1", None, content="A")
    ledger.record_batch(build.batch("b1", *parts), now=now)
    other = build.ecg("ecg/batch.pdf", content="B")
    ledger.record_batch(build.batch("b2", other), now=now + HOUR)
    superseded = (State.DUPLICATE, "superseded")
    assert states(ledger)["ecg/batch.pdf#page=1"] == states(ledger)["ecg/batch.pdf#page=2"] == superseded
    assert ledger.open_entries() == []
    back = ledger.record_batch(build.batch("b3", *parts), now=now + 2 * HOUR)
    assert back.returned == 3
    with ledger.reading() as connection:
        found = dict(connection.execute(select(File.sha256, File.state)).all())
    expected = [State.DUPLICATE, State.WAITING, State.QUARANTINED, State.DUPLICATE]
    assert [found[file.sha256] for file in (*parts, other)] == expected
    same = ledger.record_batch(build.batch("b4", *parts), now=now + 3 * HOUR)
    assert (same.returned, same.brought) == (0, None)


def test_a_copy_of_the_file_is_a_duplicate_with_all_its_pages(ledger, build, now, split):
    parts = split("ecg/batch.pdf", "HN1", "HN2", content="A")
    copies = split("ecg/copy.pdf", "HN1", "HN2", content="A")
    recorded = ledger.record_batch(build.batch("b1", *parts, *copies), now=now)
    assert (recorded.new_files, recorded.new_duplicates) == (3, 3)
    assert ledger.record_batch(build.batch("b2", *parts, *copies), now=now + HOUR).brought is None
    with ledger.reading() as connection:
        seen = connection.execute(select(FileSighting.path).order_by(FileSighting.path)).scalars().all()
    assert seen == [file.path for file in copies]
    assert_adds_up(ledger, 6)


def test_a_split_file_that_lies_elsewhere_later_is_not_recorded_anew(ledger, build, now, split):
    whole, *pages = split("ecg/batch.pdf", "HN1", "HN2")
    ledger.record_batch(build.batch("b1", whole, *pages), now=now)
    moved = replace(whole, path="cmr/batch.pdf", kind=FileKind.NARRATIVE, fault=None)
    assert ledger.unread([moved]) == frozenset()
